/** The History panel in a headless Chromium, under a content security policy as strict as the extension's. */
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { panelTexts } from '../words.ts';
import { THEMES } from './themes.ts';

const ORIGIN = 'http://panel.test';
const root = fileURLToPath(new URL('../../../', import.meta.url));
export interface PanelOptions {
  readonly theme: keyof typeof THEMES;
  readonly width?: number;
  readonly height?: number;
  readonly scale?: number;
  readonly strings?: Record<string, string>;
  /** What `getState` returns, as after a reload of the window. */
  readonly state?: unknown;
}

export interface OpenPanel {
  readonly page: Page;
  /** Errors of the page and violations of its policy; a test expects none. */
  readonly problems: readonly string[];
  /** Sends the snapshot of one of the studies. */
  show(study: string): Promise<void>;
  /** Messages from the panel so far. */
  posted(): Promise<readonly { type: string; [key: string]: unknown }[]>;
  state(): Promise<Record<string, unknown> | null>;
  setTheme(theme: keyof typeof THEMES): Promise<void>;
}

export async function openPanel(browser: Browser, options: PanelOptions): Promise<OpenPanel> {
  const { width = 1240, height = 860, scale = 1 } = options;
  const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: scale });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  const files = await bundles();
  await page.route(`${ORIGIN}/**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    const body = files.get(name);
    if (name === '') return route.fulfill({ contentType: 'text/html', body: shell(options) });
    if (body === undefined) return route.fulfill({ status: 404, body: '' });
    return route.fulfill({ contentType: name.endsWith('.css') ? 'text/css' : 'text/javascript', body });
  });
  await page.addInitScript({ content: `${files.get('studies.js')}\n${vsCodeApi(options)}` });
  await page.goto(ORIGIN);
  return {
    page,
    problems,
    show: async (study) => {
      await page.evaluate(`window.postMessage(studies.STUDIES[${JSON.stringify(study)}](), '*')`);
      await page.waitForSelector('header:not([hidden])');
      await settle(page);
    },
    posted: () => page.evaluate('window.posted'),
    state: () => page.evaluate('window.kept'),
    setTheme: async (theme) => {
      await page.evaluate(applyTheme(theme));
      await settle(page);
    },
  };
}

/** Two frames and a little: enough for a redraw and its resize observers. */
export async function settle(page: Page): Promise<void> {
  await page.waitForTimeout(250);
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

let built: Promise<Map<string, string>> | undefined;

function bundles(): Promise<Map<string, string>> {
  built ??= buildBundles();
  return built;
}

async function buildBundles(): Promise<Map<string, string>> {
  const common = { absWorkingDir: root, bundle: true, write: false, target: 'chrome128' } as const;
  const text = async (entry: string, extra: esbuild.BuildOptions = {}) => {
    const result = await esbuild.build({ ...common, entryPoints: [entry], ...extra });
    return (result.outputFiles as esbuild.OutputFile[])[0]?.text ?? '';
  };
  return new Map([
    ['panel.js', await text('webview/panel.ts', { format: 'iife' })],
    ['panel.css', await text('webview/panel.css')],
    ['studies.js', await text('test/support/panelHarness/studies.ts', { format: 'iife', globalName: 'studies' })],
  ]);
}

function shell({ strings }: PanelOptions): string {
  const policy = `default-src 'none'; style-src ${ORIGIN}; script-src 'nonce-harness'; font-src ${ORIGIN}; img-src ${ORIGIN} data:; media-src data:`;
  const data = (strings ? JSON.stringify(strings) : panelTexts).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}"><link rel="stylesheet" href="/panel.css"></head>
<body><div id="root" data-strings="${data}"></div><script nonce="harness" src="/panel.js"></script></body></html>`;
}

/** VS Code sets its variables on the root element through the object model, and the theme's kind as the body's class. */
function applyTheme(theme: keyof typeof THEMES): string {
  const { bodyClass, variables } = THEMES[theme];
  return `(() => {
    const style = document.documentElement.style;
    for (const name of [...style]) style.removeProperty(name);
    for (const [name, value] of Object.entries(${JSON.stringify(variables)})) style.setProperty('--vscode-' + name, value);
    document.body.className = ${JSON.stringify(bodyClass)};
  })()`;
}

function vsCodeApi({ theme, state }: PanelOptions): string {
  return `window.posted = []; window.kept = ${JSON.stringify(state ?? null)};
    window.acquireVsCodeApi = () => {
      ${applyTheme(theme)};
      return {
        postMessage: (message) => window.posted.push(message),
        getState: () => window.kept ?? undefined,
        setState: (next) => { window.kept = structuredClone(next); },
      };
    };
    window.studies = studies;`;
}
