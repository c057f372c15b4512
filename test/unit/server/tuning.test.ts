import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { StudyLink, TuneCandidate, TuneEdits } from '../../../src/protocol/editor.ts';
import { type Client, startClient } from './harness.ts';

const SCRIPT = `import model

LEARNING_RATE = 0.003
BATCH = 64
net = model.Net(dropout=0.1)
`;
const STUDY = `name: train
objective:
  command: python train.py
space:
  lr: { type: float, low: 1.0e-5, high: 1.0e-2, log: true, at: "train.py#LEARNING_RATE" }
`;

interface Action {
  readonly title: string;
  readonly command: { readonly command: string; readonly arguments: readonly unknown[] };
}

interface Hint {
  readonly label: string;
  readonly position: { readonly line: number; readonly character: number };
}

describe('tuning values in the editor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-调参 tuning-'));
  const uriOf = (name: string) => pathToFileURL(join(folder, name)).toString();
  const [script, study] = [uriOf('train.py'), uriOf('train.study.yaml')];
  let client: Client;

  before(async () => {
    writeFileSync(join(folder, 'train.py'), SCRIPT);
    writeFileSync(join(folder, 'train.study.yaml'), STUDY);
    writeFileSync(
      join(folder, 'model.py'),
      'class Net:\n    def __init__(self, hidden=32, dropout=0.1):\n        pass\n',
    );
    client = await startClient();
    client.open(script, 'python', SCRIPT);
    client.notify('tuneboard/studyFiles', { uris: [study] });
  });
  after(async () => {
    await client.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const actionsAt = (line: number, character: number, endLine = line, end = character) =>
    client.request<Action[]>('textDocument/codeAction', {
      textDocument: { uri: script },
      range: { start: { line, character }, end: { line: endLine, character: end } },
      context: { diagnostics: [] },
    });
  const hints = () =>
    client.request<Hint[]>('textDocument/inlayHint', {
      textDocument: { uri: script },
      range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } },
    });

  it('looks for so many modules of a script and no more', async () => {
    const filesOf = async (missing: number) => {
      const names = Array.from({ length: missing }, (_, index) => `import missing${index}\n`).join('');
      const text = `${names}import model\nRATE = 0.1\n`;
      const params = { uri: script, languageId: 'python', text };
      const found = await client.request<TuneCandidate[]>('tuneboard/tuneCandidates', params);
      return new Set(found.map(({ uri }) => uri));
    };
    assert.ok((await filesOf(100)).has(uriOf('model.py')));
    assert.ok(!(await filesOf(6000)).has(uriOf('model.py')), 'a script can name more modules than anybody waits for');
  });

  it('offers to start a script that a study file runs', async () => {
    const lensesOf = (uri: string) =>
      client.request<{ command: { title: string; arguments: unknown[] } }[]>('textDocument/codeLens', {
        textDocument: { uri },
      });
    const [lens] = await lensesOf(script);
    assert.match(lens?.command.title ?? '', /Start study/);
    assert.deepEqual(lens?.command.arguments, [script]);
    client.open(uriOf('other.py'), 'python', SCRIPT);
    assert.deepEqual(await lensesOf(uriOf('other.py')), []);
  });

  it('offers to tune a literal, and a selection of them', async () => {
    const [one] = await actionsAt(3, 9);
    assert.deepEqual([one?.title, one?.command.command], ['Tune this value', 'tuneboard.tuneValue']);
    const [both] = await actionsAt(3, 0, 4, 28);
    assert.equal(both?.title, 'Tune these 2 values');
    assert.deepEqual(await actionsAt(0, 3), []);
  });

  it('offers to edit or stop what a study file has', async () => {
    const found = await actionsAt(2, 18);
    assert.deepEqual(
      found.map(({ command }) => [command.command, ...command.arguments]),
      [
        ['tuneboard.editRange', study, 'lr'],
        ['tuneboard.stopTuning', study, 'lr'],
      ],
    );
  });

  it('shows range and best value beside a tuned literal, as the study file is now', async () => {
    assert.deepEqual(
      (await hints()).map(({ label, position }) => [label, position]),
      [['‹1e-5 … 1e-2›', { line: 2, character: 21 }]],
    );
    const link: Partial<StudyLink> = {
      id: 'a#train',
      studyName: 'train',
      sources: [study],
      run: 'idle',
      best: { number: 3, value: 1, params: [{ name: 'lr', value: 0.0032123, kind: 'float' }] },
      bestText: '1',
    };
    client.notify('tuneboard/studyLinks', { links: [link] });
    assert.deepEqual(
      (await hints()).map(({ label }) => label),
      ['‹1e-5 … 1e-2 · best 3.21e-3›'],
    );
    client.open(study, 'yaml', STUDY.replace('1.0e-2', '0.5'));
    assert.deepEqual(
      (await hints()).map(({ label }) => label),
      ['‹1e-5 … 0.5 · best 3.21e-3›'],
    );
  });

  it('lists candidates of the script and of the modules that it imports', async () => {
    const found = await client.request<TuneCandidate[]>('tuneboard/tuneCandidates', {
      uri: script,
      languageId: 'python',
      text: SCRIPT,
      studyFile: { uri: study, text: STUDY },
    });
    const seen = found.map(({ file, name, parameter }) => `${file} ${name} ${parameter}`);
    assert.ok(seen.includes('train.py learning_rate lr'), seen.join());
    assert.ok(seen.includes('model.py hidden null'), seen.join());
  });

  it('makes a study file where the script has none, and changes its existing one', async () => {
    const add = [{ name: 'lr', line: '{ type: float, low: 0.0, high: 1.0, at: "train.py#LEARNING_RATE" }' }];
    const params = { script: 'train it.py', languageId: 'python', add, remove: [] };
    const made = await client.request<TuneEdits>('tuneboard/tuneEdits', { ...params, text: null });
    assert.match(made.text, /^ {2}command: python "train it\.py"$/m);
    assert.ok(made.added);
    assert.match(made.text.slice(made.added.start, made.added.end), /^lr: \{.*\}$/);
    const again = await client.request<TuneEdits>('tuneboard/tuneEdits', { ...params, text: STUDY });
    assert.equal(again.text, `${STUDY}  lr_2: ${add[0]?.line}\n`);
  });
});
