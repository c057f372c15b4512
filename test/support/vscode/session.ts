/** A VS Code of its own for one test file: server, browser, window, workspace; all ended when the test is over. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { repository } from '../cache.ts';
import { launchBrowser, newContext } from './browser.ts';
import { type ServerOptions, VscodeServer } from './server.ts';
import { VscodeWindow } from './window.ts';
import { Workspace } from './workspace.ts';

/** The very file that people install; `npm test` has made it. */
const packagedExtension = join(repository, 'dist', 'tuneboard.vsix');

export interface Session {
  readonly server: VscodeServer;
  readonly context: BrowserContext;
  readonly window: VscodeWindow;
  readonly workspace: Workspace;
}

/**
 * Runs `body` in a window on the workspace that `prepare` fills. When it fails, a screenshot named after the test says
 * what the window looked like.
 */
export async function inVscode(
  test: TestContext,
  prepare: (workspace: Workspace) => void | Promise<void>,
  body: (session: Session) => Promise<void>,
  options: ServerOptions = {},
): Promise<void> {
  const workspace = new Workspace();
  let server: VscodeServer | undefined;
  let browser: Browser | undefined;
  let window: VscodeWindow | undefined;
  try {
    await prepare(workspace);
    server = await VscodeServer.start({ extension: packagedExtension, ...options });
    browser = await launchBrowser();
    const context = await newContext(browser);
    window = await VscodeWindow.open(context, server, workspace.folder);
    await body({ server, context, window, workspace });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${await lookOf(test.name, window)}`, {
      cause: error,
    });
  } finally {
    await browser?.close();
    await server?.stop();
    workspace.dispose();
  }
}

/** What the window shows when a test fails, in words and as a screenshot; the window itself is gone a moment later. */
async function lookOf(name: string, window: VscodeWindow | undefined): Promise<string> {
  if (!window) return 'There was no window.';
  const unread = () => ['(not read)'];
  const [messages, rows, lenses, screenshot] = await Promise.all([
    window.notifications().catch(unread),
    window.treeRows().catch(unread),
    window.lensTexts().catch(unread),
    window.screenshot(`failed-${name.replaceAll(/[^\p{L}\d]+/gu, '-')}`).catch(unread),
  ]);
  const list = (what: string, texts: readonly string[]) => `${what}: ${texts.join(' | ') || 'none'}`;
  return [
    `Screenshot: ${screenshot}`,
    list('Messages', messages),
    list('Rows of the tree', rows),
    list('Lenses', lenses),
  ].join('\n');
}
