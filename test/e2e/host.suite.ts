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

  'leads from a failed trial to its line': async () => {
    const { uri } = await open('failing.study.yaml');
    await vscode.commands.executeCommand('tuneboard.startStudy', uri);
    const program = await open('program.mjs');
    const [mark] = await until(
      () => vscode.languages.getDiagnostics(program.uri).filter(({ source }) => source === 'Tuneboard'),
      (found) => found.length > 0,
    );
    assert.equal(mark?.range.start.line, 1);
    assert.match(mark?.message ?? '', /^trial 0, lr=0\.9: .*RangeError: too fast/i);
  },

  'debugs exactly the trial that failed, which counts as none': async () => {
    const program = await open('program.mjs');
    const [mark] = vscode.languages.getDiagnostics(program.uri);
    assert.ok(mark);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      program.uri,
      mark.range,
    );
    const debug = actions.find(({ title }) => title === 'Debug Trial 0')?.command;
    assert.ok(debug, actions.map(({ title }) => title).join(', '));
    const journal = await journalOf('failing');
    vscode.debug.addBreakpoints([
      new vscode.SourceBreakpoint(new vscode.Location(program.uri, new vscode.Position(1, 0))),
    ]);
    await vscode.commands.executeCommand(debug.command, ...(debug.arguments ?? []));
    const frame = await until(
      () => vscode.debug.activeStackItem,
      (item) => item instanceof vscode.DebugStackFrame,
    );
    assert.ok(frame instanceof vscode.DebugStackFrame);
    const { result } = await frame.session.customRequest('evaluate', { expression: 'lr', frameId: frame.frameId });
    assert.equal(result, '0.9');
    await vscode.debug.stopDebugging();
    assert.equal(await journalOf('failing'), journal, 'no trial is recorded');
  },

  'clears the mark of a failure with the next good run': async () => {
    const program = await open('program.mjs');
    assert.ok(vscode.languages.getDiagnostics(program.uri).some(({ source }) => source === 'Tuneboard'));
    await write(program.uri, program.getText().replace(/^.*throw .*$/m, ''));
    const { uri } = await open('failing.study.yaml');
    const text = (await vscode.workspace.openTextDocument(uri)).getText();
    await write(uri, text.replace('trials: 2', 'trials: 4'));
    await vscode.commands.executeCommand('tuneboard.startStudy', uri);
    await until(
      () => vscode.languages.getDiagnostics(program.uri).filter(({ source }) => source === 'Tuneboard'),
      (found) => found.length === 0,
    );
  },
};

async function journalOf(study: string): Promise<string> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  const uri = vscode.Uri.joinPath(folder.uri, '.tuneboard', study, 'journal.log');
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

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

/** As a person types and saves it. */
async function write(uri: vscode.Uri, text: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
  await document.save();
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
