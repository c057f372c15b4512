/** VS Code's quick input: the command palette, quick open, quick picks and input boxes. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { eventually, TRY_MS, untilDone } from './eventually.ts';

/** Every editor group has an active tab, one group is active. */
const ACTIVE_TAB = '.editor-group-container.active .tab.active';

export class QuickInput {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Runs a command by its title, exactly as the palette shows it (`Tuneboard: Start Study`). */
  async palette(title: string): Promise<void> {
    // Just after the start a command may not be known yet, and an open palette does not learn of it: it is opened anew.
    await untilDone(`the palette runs "${title}"`, async () => {
      await this.#open('F1');
      await this.#input.fill(`>${title}`, { timeout: TRY_MS });
      await this.#row(title).click({ timeout: TRY_MS });
    });
  }

  /** Whether the palette offers a command. Closes the palette again. */
  async offers(title: string): Promise<boolean> {
    await this.#open('F1');
    await this.#input.fill(`>${title}`);
    await delay(700);
    const labels = await this.#labels();
    await this.#close();
    return labels.some((label) => label.includes(title));
  }

  /** What the open list shows, from the top. Its elements stand in another order. */
  textsFromTop(): Promise<string[]> {
    return this.#page
      .locator('.quick-input-list .monaco-list-row')
      .evaluateAll((rows) =>
        (rows as HTMLElement[])
          .sort((one, other) => Number(one.dataset['index']) - Number(other.dataset['index']))
          .map((row) => row.textContent ?? ''),
      );
  }

  /** Opens a file of the workspace by its name or relative path. */
  async openFile(path: string): Promise<void> {
    const name = path.split('/').at(-1) ?? path;
    await untilDone(`${path} is opened`, async () => {
      await this.#open('Control+p');
      await this.#input.fill(path, { timeout: TRY_MS });
      await this.#row(name).waitFor({ timeout: TRY_MS });
      await this.#row(name).click({ timeout: TRY_MS });
      await this.#page.locator(ACTIVE_TAB, { hasText: name }).waitFor({ timeout: TRY_MS });
    });
  }

  async goToLine(line: number, column: number): Promise<void> {
    await untilDone(`the cursor is in line ${line}`, async () => {
      await this.#open('Control+g');
      await this.#input.fill(`:${line}:${column}`, { timeout: TRY_MS });
      await this.#page.keyboard.press('Enter');
      await this.#input.waitFor({ state: 'hidden', timeout: TRY_MS });
    });
  }

  /** The rows of a quick pick that is open now. */
  rows(): Promise<string[]> {
    return eventually(
      () => this.#labels(),
      (labels) => labels.length > 0,
      'a quick pick has rows',
    );
  }

  /** Chooses a row of the open quick pick. */
  async pick(text: string): Promise<void> {
    await this.#row(text).waitFor();
    await untilDone(`"${text}" is chosen`, async () => {
      // A row that the pointer rests on shows a tooltip, which may cover the row that is meant.
      await this.#page.mouse.move(2, 2);
      await this.#row(text).click({ timeout: TRY_MS });
    });
  }

  /** Types into the open input box and accepts it. */
  async answer(text: string): Promise<void> {
    // The list of the pick before may still be there for a moment; an input box has none.
    await this.#page.locator('.quick-input-list .monaco-list-row').first().waitFor({ state: 'hidden' });
    await this.#input.fill(text);
    await this.#page.keyboard.press('Enter');
    await this.#input.waitFor({ state: 'hidden' });
  }

  /** What is open is closed first, so that the key opens this and nothing is typed into that. */
  async #open(key: string): Promise<void> {
    await this.#close();
    await this.#page.keyboard.press(key);
    await this.#input.waitFor({ timeout: TRY_MS });
  }

  async #close(): Promise<void> {
    for (let tries = 0; await this.#input.isVisible(); tries++) {
      assert.ok(tries < 10, 'the quick input does not close');
      await this.#page.keyboard.press('Escape');
      await delay(150);
    }
  }

  get #input(): Locator {
    return this.#page.locator('.quick-input-widget input:is([type="text"], [type="password"])').first();
  }

  #row(text: string): Locator {
    return this.#page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  }

  #labels(): Promise<string[]> {
    // A list that closed keeps its rows, unseen.
    return this.#page.locator('.quick-input-list .monaco-list-row').filter({ visible: true }).allInnerTexts();
  }
}
