import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function usersOf(folder: string, pattern: RegExp): string[] {
  return sources(folder).filter((path) => pattern.test(readFileSync(join(root, path), 'utf8')));
}

test('the extension shows messages, lists and status texts through one door', () => {
  const pattern = /\.(?:show(?:Error|Information|Warning)Message|showQuickPick|setStatusBarMessage)\(/;
  assert.deepEqual(usersOf('src/extension', pattern), [join('src/extension/window', 'plainWindow.ts')]);
});

test('the command line writes to the terminal through one door', () => {
  const pattern = /process\.std(?:out|err)\.write\(|console\.\w+\(/;
  assert.deepEqual(usersOf('src/tuner', pattern), [join('src/tuner', 'render', 'print.ts')]);
});

test('no Markdown is trusted but for commands that are named', () => {
  const texts = sources('src/extension').map((path) => readFileSync(join(root, path), 'utf8'));
  assert.ok(texts.every((text) => !/isTrusted = true|isTrusted: true|supportHtml/.test(text)));
});
