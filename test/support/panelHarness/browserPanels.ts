import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { needs } from '../parts.ts';
import { launchBrowser } from '../vscode/browser.ts';
import { type OpenPanel, openPanel, type PanelOptions } from './panelPage.ts';

/** Options of a test that opens panels. */
export const withBrowser = needs('browser');

/** Opens panels in one browser, which is there for all tests of the calling file. */
export function browserPanels(defaults: Partial<PanelOptions> = {}) {
  let browser: Browser | undefined;
  before(async () => {
    if (!withBrowser.skip) browser = await launchBrowser();
  });
  after(() => browser?.close());
  return async (study: string, options: Partial<PanelOptions> = {}): Promise<OpenPanel> => {
    const panel = await openPanel(browser as Browser, { theme: 'dark', ...defaults, ...options });
    await panel.show(study);
    return panel;
  };
}

/** Closes a panel in which nothing has gone wrong. */
export async function closePanel({ page, problems }: OpenPanel): Promise<void> {
  assert.deepEqual(problems, []);
  await page.close();
}
