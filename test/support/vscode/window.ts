/** One VS Code window, used as a person uses it: palette, files, tree, panels, menus. Waits for what it asks for. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { cacheFolder } from '../cache.ts';
import { eventually, TRY_MS, untilDone, WAIT_MS } from './eventually.ts';
import { QuickInput } from './quickInput.ts';
import type { VscodeServer } from './server.ts';
import { storedLayouts } from './storedLayouts.ts';
import { THEME_CLASSES, THEMES, type ThemeName, themeNames } from './themes.ts';

export const screenshotFolder = join(cacheFolder, 'screenshots');

const wantedThemes: readonly ThemeName[] = process.env['TUNEBOARD_THEMES'] === 'all' ? themeNames : ['dark'];

const ACTIVE_EDITOR = '.editor-group-container.active .editor-instance';

export class VscodeWindow {
  readonly page: Page;
  readonly server: VscodeServer;
  readonly quickInput: QuickInput;

  private constructor(page: Page, server: VscodeServer) {
    this.page = page;
    this.server = server;
    this.quickInput = new QuickInput(page);
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

  palette(title: string): Promise<void> {
    return this.quickInput.palette(title);
  }

  pick(text: string): Promise<void> {
    return this.quickInput.pick(text);
  }

  answer(text: string): Promise<void> {
    return this.quickInput.answer(text);
  }

  /** Opens a file of the workspace by its name or relative path. */
  async openFile(path: string): Promise<void> {
    await this.quickInput.openFile(path);
    const editor = this.page.locator(`${ACTIVE_EDITOR} .view-lines, .notebookOverlay`).first();
    const isActive = await editor.waitFor({ timeout: 10_000 }).then(
      () => true,
      () => false,
    );
    if (isActive) return;
    // A webview that has just been loaded took the focus: turn to the file as a person does.
    await this.page.locator('.editor-group-container .tab', { hasText: path.split('/').at(-1) as string }).click();
    await editor.waitFor();
  }

  /** What a view of the side bar lists, top to bottom, as the rows read. */
  async treeRows(view = 'Studies'): Promise<string[]> {
    const rows = await this.#rows(view).evaluateAll((all) =>
      all.map((row) => ({ top: row.getBoundingClientRect().top, text: row.textContent ?? '' })),
    );
    return rows.sort((a, b) => a.top - b.top).map(({ text }) => text.replace(/\s+/g, ' ').trim());
  }

  #rows(view: string): Locator {
    return this.page
      .locator('.pane', { has: this.page.locator(`.pane-header[aria-label*="${view}"]`) })
      .locator('.monaco-list-row');
  }

  /** Waits until a row matches, and returns how it reads. The failure says which rows there are. */
  async waitForTreeRow(pattern: RegExp, timeoutMs = WAIT_MS): Promise<string> {
    const rows = await eventually(
      () => this.treeRows(),
      (texts) => texts.some((text) => pattern.test(text)),
      `a row of the tree reads ${pattern}`,
      timeoutMs,
    );
    return rows.find((text) => pattern.test(text)) ?? '';
  }

  treeRow(pattern: string | RegExp, view = 'Studies'): Locator {
    return this.#rows(view).filter({ hasText: pattern }).first();
  }

  /** A row that appears just now may still be replaced or expanded by itself, so this looks until it stays open. */
  async expand(pattern: string | RegExp): Promise<void> {
    const row = this.treeRow(pattern);
    await row.waitFor();
    await untilDone(`the row ${pattern} is expanded`, async () => {
      const isOpen = async () => (await row.getAttribute('aria-expanded', { timeout: TRY_MS })) === 'true';
      if (!(await isOpen())) await row.locator('.monaco-tl-twistie').click({ timeout: TRY_MS });
      await delay(700);
      if (!(await isOpen())) throw new Error('it is closed');
    });
  }

  /** Opens a row's context menu and chooses an entry. */
  async contextMenu(row: Locator, entry: string): Promise<void> {
    const item = this.page.locator('.monaco-menu .action-item', { hasText: entry }).first();
    await untilDone(`the menu entry "${entry}" is chosen`, async () => {
      await this.page.keyboard.press('Escape');
      await row.click({ button: 'right', timeout: TRY_MS });
      // The menu ignores clicks in the moment it opens.
      await delay(300);
      await item.click({ timeout: TRY_MS });
    });
  }

  /** The document of a webview whose content matches the selector. */
  async webviewFrame(selector = '#root', timeoutMs = WAIT_MS): Promise<Frame> {
    const has = async (frame: Frame) =>
      frame !== this.page.mainFrame() &&
      (await frame
        .locator(selector)
        .count()
        .catch(() => 0)) > 0;
    const until = Date.now() + timeoutMs;
    while (Date.now() < until) {
      for (const frame of this.page.frames()) if (await has(frame)) return frame;
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

  /** Opens the History panel of the study that is selected, or the only one, and waits until it is drawn. */
  async showHistory(): Promise<Frame> {
    await this.palette('Tuneboard: Show History');
    const frame = await this.webviewFrame('#root canvas');
    await this.waitForPaintedCanvas(frame);
    return frame;
  }

  /** The text of the active editor as it is on screen. Long documents show only the part in view. */
  async editorText(): Promise<string> {
    const lines = await this.page
      .locator(`${ACTIVE_EDITOR} .view-line`)
      .evaluateAll((all) =>
        all.map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent ?? '' })),
      );
    const sorted = lines.sort((a, b) => a.top - b.top);
    return sorted.map(({ text }) => text.replaceAll('\u00a0', ' ')).join('\n');
  }

  lensTexts(): Promise<string[]> {
    return this.page.locator('.codelens-decoration').allInnerTexts();
  }

  /** Waits for a lens that reads so. */
  async waitForLens(pattern: RegExp): Promise<void> {
    await eventually(
      () => this.lensTexts(),
      (texts) => texts.some((text) => pattern.test(text)),
      `a lens reads ${pattern}`,
    );
  }

  async clickLens(text: string): Promise<void> {
    const lens = this.page.locator('.codelens-decoration a', { hasText: text }).first();
    await untilDone(`the lens "${text}" is clicked`, () => lens.click({ timeout: TRY_MS }));
  }

  /** Every message that nobody has closed, hidden ones too: the list of the notification centre. */
  async allMessages(): Promise<string[]> {
    const center = this.page.locator('.notifications-center.visible');
    await untilDone('the notification centre is open', async () => {
      if (!(await center.isVisible())) await this.palette('Notifications: Show Notifications');
      await center.waitFor({ timeout: TRY_MS });
    });
    const messages = await center.locator('.notification-list-item-message').allInnerTexts();
    await untilDone('the notification centre is closed', async () => {
      if (await center.isVisible()) await this.palette('Notifications: Hide Notifications');
      await center.waitFor({ state: 'hidden', timeout: TRY_MS });
    });
    return messages;
  }

  /** The messages on screen: one that hides by itself after some seconds is not among them any more. */
  notifications(): Promise<string[]> {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  /** Waits for a message that reads so. */
  async waitForNotification(pattern: RegExp, timeoutMs = WAIT_MS): Promise<string> {
    const texts = await eventually(
      () => this.notifications(),
      (all) => all.some((text) => pattern.test(text)),
      `a message reads ${pattern}`,
      timeoutMs,
    );
    return texts.find((text) => pattern.test(text)) ?? '';
  }

  /** The buttons of the messages on screen. */
  notificationButtons(): Promise<string[]> {
    return this.page.locator('.notification-list-item-buttons-container .monaco-button').allInnerTexts();
  }

  /** Closes every notification on screen, also one that comes while they are closed. */
  async clearNotifications(): Promise<void> {
    await untilDone('the messages are closed', async () => {
      await this.palette('Notifications: Clear All Notifications');
      await this.page
        .locator('.notifications-toasts .notification-list-item')
        .first()
        .waitFor({ state: 'detached', timeout: TRY_MS });
    });
  }

  /** Applies a quick fix to the problem under the cursor. */
  async quickFix(title: string): Promise<void> {
    const entry = this.page.locator('.action-widget .monaco-list-row', { hasText: title }).first();
    await untilDone(`the quick fix "${title}" is applied`, async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('Control+.');
      await entry.click({ timeout: TRY_MS });
    });
    // The click is over before the edit is made, and saving what has not changed would be over at once.
    await this.dirtyTab().waitFor({ state: 'attached' });
  }

  /** The refactor preview's lines, as `before → after` pieces run together; waits for the preview. */
  async previewRows(): Promise<string[]> {
    const rows = this.page.locator('.bulk-edit-panel .monaco-list-row');
    return eventually(
      () => rows.allInnerTexts(),
      // The first is the file's.
      (texts) => texts.length > 1,
      'the refactor preview lists the changes',
    );
  }

  /** Whether every line of the refactor preview is ticked. */
  async isPreviewTicked(): Promise<boolean> {
    const boxes = this.page.locator('.bulk-edit-panel .edit-checkbox');
    const ticked = await boxes.evaluateAll((all) => all.map((box) => box.getAttribute('aria-checked') === 'true'));
    return ticked.length > 0 && ticked.every(Boolean);
  }

  async applyPreview(): Promise<void> {
    const panel = this.page.locator('.bulk-edit-panel .monaco-list-row').first();
    await untilDone('the previewed changes are applied', async () => {
      if (!(await panel.isVisible())) return;
      await this.page.locator('.bulk-edit-panel .monaco-button', { hasText: 'Apply' }).click({ timeout: TRY_MS });
      await panel.waitFor({ state: 'detached', timeout: TRY_MS });
    });
  }

  /** Saves the active editor, and waits until it is saved. */
  async save(): Promise<void> {
    await untilDone('the file is saved', async () => {
      await this.page.keyboard.press('Control+s');
      await this.dirtyTab().waitFor({ state: 'detached', timeout: TRY_MS });
    });
  }

  /** The active editor's tab while it has changes that are not saved. */
  dirtyTab(): Locator {
    return this.page.locator('.editor-group-container.active .tab.active.dirty');
  }

  /** Undoes the last change of the active editor, or of the notebook cell with a line that reads so. */
  async undo(cell?: string): Promise<void> {
    const place = cell
      ? this.page.locator('.notebookOverlay .view-line', { hasText: cell }).first()
      : this.page.locator(`${ACTIVE_EDITOR} .view-lines`).first();
    await untilDone('the editor has the focus', () => place.click({ timeout: TRY_MS }));
    await this.page.keyboard.press('Control+z');
  }

  /** Through the theme picker: a settings file changed from outside is not always noticed. */
  async setTheme(theme: ThemeName): Promise<void> {
    const shown = this.page.locator(`.monaco-workbench.${THEME_CLASSES[theme]}`);
    if ((await shown.count()) > 0) return;
    await untilDone(`the theme is ${theme}`, async () => {
      await this.palette('Preferences: Color Theme');
      await this.page
        .locator('.quick-input-widget input[placeholder*="Theme"]')
        .fill(THEMES[theme], { timeout: TRY_MS });
      await this.pick(THEMES[theme]);
      await shown.waitFor({ timeout: TRY_MS });
    });
    // The webview gets its colours a moment later.
    await delay(400);
  }

  async screenshot(name: string): Promise<string> {
    mkdirSync(screenshotFolder, { recursive: true });
    const path = join(screenshotFolder, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** In the dark theme alone unless TUNEBOARD_THEMES=all: changing to each takes as long as a test's own steps. */
  async screenshotInAllThemes(name: string, themes = wantedThemes): Promise<void> {
    for (const theme of themes) {
      await this.setTheme(theme);
      await this.screenshot(`${name}-${theme}`);
    }
    await this.setTheme('dark');
  }
}
