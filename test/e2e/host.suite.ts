/** Runs inside the extension host (see host.test.ts): the extension through VS Code's own API. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';

const EXTENSION = 'tuneboard.tuneboard';

const checks: Readonly<Record<string, () => Promise<void>>> = {
  'activates and has every command that it declares': async () => {
    const extension = vscode.extensions.getExtension(EXTENSION);
    assert.ok(extension, `${EXTENSION} is installed`);
    await extension.activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    const declared = (extension.packageJSON.contributes.commands as { command: string }[]).map(
      ({ command }) => command,
    );
    assert.ok(declared.length > 0);
    assert.deepEqual(
      declared.filter((command) => !registered.has(command)),
      [],
    );
  },

  'marks a mistake in a study file where it is': async () => {
    const document = await open('broken.study.yaml');
    const problems = await until(
      () => vscode.languages.getDiagnostics(document.uri),
      (found) => found.length > 0,
    );
    const places = problems.map(({ range }) => document.getText(range));
    assert.ok(
      places.some((text) => text.includes('low') || text.includes('high') || /\d/.test(text)),
      places.join(', '),
    );
    assert.ok(problems.every(({ message }) => message.length > 10));
  },

  'completes the keys of a study file': async () => {
    const document = await open('broken.study.yaml');
    const position = new vscode.Position(document.lineCount - 1, 0);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      position,
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    for (const key of ['budget', 'pruner', 'parallel']) assert.ok(labels.includes(key), labels.join(', '));
  },

  'shows a lens over study.optimize': async () => {
    const document = await open('tune.py');
    const lenses = await until(
      () => vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 20),
      (found) => found.some(({ command }) => command?.title.includes('Start study')),
    );
    assert.ok(lenses.length > 0);
  },
};

/** What VS Code calls. Every check runs; the first failure is thrown after all have been logged. */
export async function run(): Promise<void> {
  const failures: unknown[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok: ${name}`);
    } catch (error) {
      console.error(`failed: ${name}: ${error instanceof Error ? error.stack : error}`);
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function open(name: string): Promise<vscode.TextDocument> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, name));
  await vscode.window.showTextDocument(document);
  return document;
}

async function until<T>(read: () => T | Thenable<T>, accepts: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await read();
    if (accepts(value)) return value;
    assert.ok(tries < 600, 'nothing came in two minutes');
    await delay(200);
  }
}
