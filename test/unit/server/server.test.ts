import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BestParamsEdits, StudyLink } from '../../../src/protocol/editor.ts';
import { type Client, startClient } from './harness.ts';

const SCRIPT = `import optuna


def objective(trial):
    learning_rate = trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True)
    return train(learning_rate)


study = optuna.create_study(direction="maximize")
study.optimize(objective, n_trials=50)
`;

function link(sources: string[], change: Partial<StudyLink> = {}): StudyLink {
  return {
    id: '/tmp/a/journal.log#digits',
    studyName: 'digits',
    sources,
    run: 'idle',
    finished: 50,
    total: 50,
    direction: 2,
    metric: 'accuracy',
    best: {
      number: 47,
      value: 0.93124,
      params: [
        { name: 'learning_rate', value: 2.68e-5, kind: 'float' },
        { name: 'optim', value: 'adamw_torch', kind: 'categorical' },
      ],
    },
    ...change,
  };
}

interface LensDto {
  range: { start: { line: number } };
  command: { title: string; command: string; arguments: unknown[] };
}

describe('language server', () => {
  let client: Client;
  before(async () => {
    client = await startClient();
  });
  after(() => client.dispose());

  const lenses = async (uri: string): Promise<string[]> => {
    const found = await client.request<LensDto[]>('textDocument/codeLens', { textDocument: { uri } });
    return found.map((lens) => `${lens.range.start.line} ${lens.command.title}`);
  };

  it('offers to start a study over objective and optimize while there is none', async () => {
    client.open('file:///a/idle.py', 'python', SCRIPT);
    assert.deepEqual(await lenses('file:///a/idle.py'), ['3 $(play) Start study', '9 $(play) Start study']);
    client.open('file:///a/other.py', 'python', 'lr = 3\nprint(lr)\n');
    assert.deepEqual(await lenses('file:///a/other.py'), []);
  });

  it('shows progress and Stop while it runs, then the best parameters', async () => {
    const uri = 'file:///a/run.py';
    client.open(uri, 'python', SCRIPT);
    client.notify('tuneboard/studyLinks', { links: [link([uri], { run: 'running', finished: 12 })] });
    assert.deepEqual((await lenses(uri)).slice(0, 3), [
      '3 ● 12/50 · best 0.9312',
      '3 Stop',
      '3 Insert best (0.9312, trial 47)',
    ]);
    client.notify('tuneboard/studyLinks', { links: [link([uri], { run: 'finished' })] });
    assert.deepEqual((await lenses(uri)).slice(0, 3), [
      '3 Insert best (0.9312, trial 47)',
      '3 History',
      '3 $(play) Start study',
    ]);
    assert.ok(client.lensRefreshes.count >= 2);
  });

  it('offers the best value as ghost text where it is typed, and only in a file of the study', async () => {
    const uri = 'file:///a/ghost.py';
    client.open(uri, 'python', 'args = TrainingArguments(learning_rate=2.');
    const ask = () =>
      client.request<{ insertText: string; range: unknown }[]>('textDocument/inlineCompletion', {
        textDocument: { uri },
        position: { line: 0, character: 41 },
        context: { triggerKind: 1 },
      });
    client.notify('tuneboard/studyLinks', { links: [link(['file:///a/else.py'])] });
    assert.deepEqual(await ask(), []);
    client.notify('tuneboard/studyLinks', { links: [link([uri])] });
    assert.deepEqual(await ask(), [
      { insertText: '2.68e-05', range: { start: { line: 0, character: 39 }, end: { line: 0, character: 41 } } },
    ]);
  });

  it('answers with the edits for the best parameters of an open document', async () => {
    const uri = 'file:///a/edits.py';
    client.open(uri, 'python', "LEARNING_RATE = 2e-5\r\nOPTIM = 'sgd'\r\n");
    const params = { uri, best: link([]).best, cursor: null };
    const result = await client.request<BestParamsEdits>('tuneboard/bestParamsEdits', params);
    assert.deepEqual(
      result.edits.map((edit) => [edit.range.start, edit.newText, edit.label]),
      [
        [{ line: 0, character: 16 }, '2.68e-05', 'learning_rate: 2e-5 → 2.68e-05'],
        [{ line: 1, character: 8 }, "'adamw_torch'", "optim: 'sgd' → 'adamw_torch'"],
      ],
    );
  });
});
