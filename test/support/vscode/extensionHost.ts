/** Runs a suite inside the extension host, against the real `vscode` API, and brings its verdict back. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cacheFolder, repository } from '../cache.ts';
import { launchBrowser, newContext } from './browser.ts';
import { type ServerOptions, VscodeServer } from './server.ts';

/** Rejects with what the suite logged when it did not end well. The extension is the repository's own build. */
export async function runInExtensionHost(
  suite: string,
  folder: string,
  options: ServerOptions = {},
): Promise<string[]> {
  const bundled = await bundle(suite);
  const server = await VscodeServer.start({ ...options, smokeTestDriver: true });
  const browser = await launchBrowser();
  try {
    const page = await (await newContext(browser)).newPage();
    const log: string[] = [];
    const ended = Promise.withResolvers<number>();
    await page.exposeFunction('codeAutomationLog', (_type: string, args: readonly unknown[]) => {
      log.push(args.map(String).join(' '));
    });
    await page.exposeFunction('codeAutomationExit', (code: number) => ended.resolve(code));
    const remote = (path: string) => `vscode-remote://127.0.0.1:${server.port}${path}`;
    const payload = [
      ['extensionDevelopmentPath', remote(repository)],
      ['extensionTestsPath', remote(bundled)],
    ];
    const query = `&payload=${encodeURIComponent(JSON.stringify(payload))}`;
    await page.goto(`${server.urlOf(folder)}${query}`);
    const timer = setTimeout(() => ended.reject(new Error(`no verdict after 300 s:\n${log.join('\n')}`)), 300_000);
    const code = await ended.promise.finally(() => clearTimeout(timer));
    if (code !== 0) throw new Error(`the suite ended with ${code}:\n${log.join('\n')}`);
    return log;
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function bundle(suite: string): Promise<string> {
  const outfile = join(cacheFolder, 'e2e', 'suite.cjs');
  mkdirSync(join(cacheFolder, 'e2e'), { recursive: true });
  await build({
    entryPoints: [suite],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'warning',
  });
  return outfile;
}
