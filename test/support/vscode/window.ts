/** One VS Code window, used as a person uses it: palette, files, tree, panels, menus. Waits for what it asks for. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { cacheFolder } from '../cache.ts';
import type { VscodeServer } from './server.ts';

export const screenshotFolder = join(cacheFolder, 'screenshots');

/** Themes that every state of the interface is looked at in, as the theme picker names them. */
export const THEMES = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'high-contrast': 'Dark High Contrast',
  'high-contrast-light': 'Light High Contrast',
} as const;

export type ThemeName = keyof typeof THEMES;

const THEME_CLASSES: Readonly<Record<ThemeName, string>> = {
  dark: 'vs-dark',
  light: 'vs',
  'high-contrast': 'hc-black',
  'high-contrast-light': 'hc-light',
};

/** Generous: on two busy cores a window takes its time. */
const WAIT_MS = 60_000;

export class VscodeWindow {
  readonly page: Page;
  readonly server: VscodeServer;

  private constructor(page: Page, server: VscodeServer) {
    this.page = page;
    this.server = server;
  }

  static async open(context: BrowserContext, server: VscodeServer, folder: string): Promise<VscodeWindow> {
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(server.urlOf(folder));
    const window = new VscodeWindow(page, server);
    await window.#ready();
    return window;
  }

  async #ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    await this.page
      .locator('.explorer-folders-view .monaco-list-row, .monaco-workbench .welcome-view')
      .first()
      .waitFor();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
  }

  /**
   * Waits until the browser has stored a layout with this editor in it. In a browser VS Code writes its state every five
   * seconds and cannot at the end of a page: an editor opened later than that is not there after a reload, whose ever it is.
   */
  async saveLayout(editor: string): Promise<void> {
    const stored = () => this.page.evaluate(storedLayouts);
    await eventually(stored, (layouts) => layouts.some((text) => text.includes(editor)), `${editor} is in the layout`);
  }

  close(): Promise<void> {
    return this.page.close();
  }

  /** Runs a command by its title, exactly as the palette shows it (`Tuneboard: Start Study`). */
  async palette(title: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    // Just after the start a command may not be known yet, and an open palette does not learn of it.
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press('F1');
      // What takes the focus meanwhile, a notice or a finished start, closes a palette that has just opened.
      const offered = await this.#quickInput()
        .fill(`>${title}`, { timeout: 5000 })
        .then(() => row.waitFor({ timeout: 3000 }))
        .then(
          () => true,
          () => false,
        );
      if (offered) break;
      assert.ok(attempt < 8, `the palette does not offer "${title}"`);
      await this.page.keyboard.press('Escape');
    }
    await row.click();
  }

  #quickInput(): Locator {
    return this.page.locator('.quick-input-widget input').first();
  }

  /** Whether the palette offers a command. Closes the palette again. */
  async paletteOffers(title: string): Promise<boolean> {
    await this.page.keyboard.press('F1');
    const input = this.#quickInput();
    await input.fill(`>${title}`);
    await delay(700);
    const labels = await this.page.locator('.quick-input-list .monaco-list-row').allInnerTexts();
    await this.page.keyboard.press('Escape');
    return labels.some((label) => label.includes(title));
  }

  /** The rows of a quick pick that is open now. */
  async quickPickRows(): Promise<string[]> {
    await this.page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    return this.page.locator('.quick-input-list .monaco-list-row').allInnerTexts();
  }

  async pick(text: string): Promise<void> {
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first().click();
  }

  /** Types into the open input box and accepts it. */
  async answer(text: string): Promise<void> {
    const input = this.#quickInput();
    await input.waitFor();
    await input.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Opens a file of the workspace by its name or relative path. */
  async openFile(path: string): Promise<void> {
    const name = path.split('/').at(-1) ?? path;
    await this.page.keyboard.press('Control+p');
    const input = this.#quickInput();
    await input.waitFor();
    await input.fill(path);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.editor-instance .view-lines, .notebookOverlay').first().waitFor();
  }

  async goToLine(line: number, column = 1): Promise<void> {
    await this.page.keyboard.press('Control+g');
    await this.answer(`${line}:${column}`);
    await delay(200);
  }

  /** What a view of the side bar lists, top to bottom, as the rows read. */
  async treeRows(view = 'Studies'): Promise<string[]> {
    const rows = await this.#rows(view).all();
    const read = rows.map(async (row) => ({
      top: (await row.boundingBox())?.y ?? 0,
      text: ((await row.textContent()) ?? '').replace(/\s+/g, ' ').trim(),
    }));
    return (await Promise.all(read)).sort((a, b) => a.top - b.top).map(({ text }) => text);
  }

  #rows(view: string): Locator {
    return this.page
      .locator('.pane', { has: this.page.locator(`.pane-header[aria-label*="${view}"]`) })
      .locator('.monaco-list-row');
  }

  /** Waits until a row matches, and returns how it reads. */
  async waitForTreeRow(pattern: string | RegExp, timeoutMs = WAIT_MS): Promise<string> {
    const row = this.treeRow(pattern);
    await row.waitFor({ timeout: timeoutMs });
    return ((await row.textContent()) ?? '').replace(/\s+/g, ' ').trim();
  }

  treeRow(pattern: string | RegExp, view = 'Studies'): Locator {
    return this.#rows(view).filter({ hasText: pattern }).first();
  }

  /** A row that appears just now may still be replaced or expanded by itself, so this looks until it stays open. */
  async expand(pattern: string | RegExp): Promise<void> {
    const row = this.treeRow(pattern);
    await row.waitFor();
    const isOpen = async () => (await row.getAttribute('aria-expanded')) === 'true';
    await eventually(
      async () => {
        if (!(await isOpen())) await row.locator('.monaco-tl-twistie').click();
        await delay(700);
        return isOpen();
      },
      (open) => open,
      `the row ${pattern} is expanded`,
    );
  }

  /** Opens a row's context menu and chooses an entry. */
  async contextMenu(row: Locator, entry: string): Promise<void> {
    await row.click({ button: 'right' });
    // The menu ignores clicks in the moment it opens.
    await delay(300);
    await this.page.locator('.monaco-menu .action-item', { hasText: entry }).first().click();
  }

  /** The document of a webview whose content matches the selector. */
  async webviewFrame(selector = '#root', timeoutMs = WAIT_MS): Promise<Frame> {
    const until = Date.now() + timeoutMs;
    while (Date.now() < until) {
      for (const frame of this.page.frames()) {
        if (frame === this.page.mainFrame()) continue;
        if (
          (await frame
            .locator(selector)
            .count()
            .catch(() => 0)) > 0
        )
          return frame;
      }
      await delay(100);
    }
    throw new Error(`no webview shows ${selector} after ${timeoutMs} ms`);
  }

  /** Whether something is drawn on a canvas of the frame: more than one colour among its pixels. */
  async waitForPaintedCanvas(frame: Frame, selector = 'canvas'): Promise<void> {
    await frame.waitForFunction((wanted: string) => {
      const canvas = document.querySelector(wanted);
      if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return false;
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
      return pixels?.some((value, index) => index % 4 === 3 && value > 0) ?? false;
    }, selector);
  }

  /** The text of the active editor as it is on screen. Long documents show only the part in view. */
  async editorText(): Promise<string> {
    const lines = await this.page.locator('.editor-group-container.active .editor-instance .view-line').all();
    const read = lines.map(async (line) => ({
      top: (await line.boundingBox())?.y ?? 0,
      text: (await line.textContent()) ?? '',
    }));
    const sorted = (await Promise.all(read)).sort((a, b) => a.top - b.top);
    return sorted.map(({ text }) => text.replaceAll('\u00a0', ' ')).join('\n');
  }

  async lensTexts(): Promise<string[]> {
    return this.page.locator('.codelens-decoration').allInnerTexts();
  }

  async notifications(): Promise<string[]> {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  /** The refactor preview's lines, as `before → after` pieces run together; waits for the preview. */
  async previewRows(): Promise<string[]> {
    await this.page.locator('.bulk-edit-panel .monaco-list-row').first().waitFor();
    return this.page.locator('.bulk-edit-panel .monaco-list-row').allInnerTexts();
  }

  /** Whether every line of the refactor preview is ticked. */
  async isPreviewTicked(): Promise<boolean> {
    const boxes = this.page.locator('.bulk-edit-panel .edit-checkbox');
    const ticked = await boxes.evaluateAll((all) => all.map((box) => box.getAttribute('aria-checked') === 'true'));
    return ticked.length > 0 && ticked.every(Boolean);
  }

  async applyPreview(): Promise<void> {
    await this.page.locator('.bulk-edit-panel .monaco-button', { hasText: 'Apply' }).click();
    await this.page.locator('.bulk-edit-panel .monaco-list-row').first().waitFor({ state: 'detached' });
  }

  /** Closes every notification on screen. */
  async clearNotifications(): Promise<void> {
    await this.palette('Notifications: Clear All Notifications');
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('Control+s');
  }

  async undo(): Promise<void> {
    await this.page.locator('.editor-group-container.active .editor-instance .view-lines').first().click();
    await this.page.keyboard.press('Control+z');
  }

  /** Through the theme picker: a settings file changed from outside is not always noticed. */
  async setTheme(theme: ThemeName): Promise<void> {
    const shown = this.page.locator(`.monaco-workbench.${THEME_CLASSES[theme]}`);
    if ((await shown.count()) > 0) return;
    await this.palette('Preferences: Color Theme');
    await this.page.locator('.quick-input-widget input[placeholder*="Theme"]').fill(THEMES[theme]);
    await this.pick(THEMES[theme]);
    await shown.waitFor();
    // The webview gets its colours a moment later.
    await delay(400);
  }

  async screenshot(name: string): Promise<string> {
    mkdirSync(screenshotFolder, { recursive: true });
    const path = join(screenshotFolder, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  async screenshotInAllThemes(name: string): Promise<void> {
    for (const theme of Object.keys(THEMES) as ThemeName[]) {
      await this.setTheme(theme);
      await this.screenshot(`${name}-${theme}`);
    }
    await this.setTheme('dark');
  }
}

/** Runs in the page: the editor layouts that VS Code keeps in the browser's storage. */
async function storedLayouts(): Promise<string[]> {
  const result = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const texts: string[] = [];
  for (const { name } of await indexedDB.databases()) {
    if (!name?.startsWith('vscode-web-state-db')) continue;
    const database = await result(indexedDB.open(name));
    if (database.objectStoreNames.contains('ItemTable')) {
      const store = database.transaction('ItemTable').objectStore('ItemTable');
      texts.push(String(await result(store.get('memento/workbench.parts.editor'))));
    }
    database.close();
  }
  return texts;
}

/** Polls until `read` gives something that `accepts` takes; the failure says what it gave last. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  accepts: (value: T) => boolean,
  what: string,
  timeoutMs = WAIT_MS,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  let last = await read();
  while (!accepts(last) && Date.now() < until) {
    await delay(150);
    last = await read();
  }
  assert.ok(accepts(last), `${what}: still ${JSON.stringify(last)} after ${timeoutMs} ms`);
  return last;
}
