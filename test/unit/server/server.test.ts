import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { BestParamsEdits, DraftStudyFile, StudyLink } from '../../../src/protocol/editor.ts';
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
    bestText: '0.9312',
    ...change,
  };
}

interface ActionDto {
  title: string;
  kind: string;
  command?: unknown;
  edit?: { changes?: Record<string, { range: unknown; newText: string }[]> };
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
    assert.deepEqual(await lenses('file:///a/idle.py'), ['3 $(play)\u00a0Start study', '9 $(play)\u00a0Start study']);
    client.open('file:///a/other.py', 'python', 'lr = 3\nprint(lr)\n');
    assert.deepEqual(await lenses('file:///a/other.py'), []);
  });

  it('shows progress and Stop while it runs, then the best parameters', async () => {
    const uri = 'file:///a/run.py';
    const before = client.lensRefreshes.count;
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
      '3 $(play)\u00a0Start study',
    ]);
    const asked = () => client.lensRefreshes.count - before;
    assert.ok(asked() >= 2, 'at once');
    for (let waited = 0; asked() < 3 && waited < 60_000; waited += 50) await delay(50);
    assert.ok(asked() >= 3, 'once more in the quiet: the editor may have missed the last');
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

  it('offers the rewrite as a refactoring, and nothing once it is done', async () => {
    const uri = 'file:///a/action.py';
    client.open(uri, 'python', 'LEARNING_RATE = 2e-5\nOPTIM = "adamw_torch"\n');
    client.notify('tuneboard/studyLinks', { links: [link([uri])] });
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    const ask = () =>
      client.request<ActionDto[]>('textDocument/codeAction', {
        textDocument: { uri },
        range,
        context: { diagnostics: [] },
      });
    const [action, ...others] = await ask();
    assert.deepEqual(others, []);
    assert.equal(action?.title, 'Insert best parameters (0.9312, trial 47)');
    assert.equal(action?.kind, 'refactor.rewrite');
    assert.deepEqual(action?.command, {
      title: 'Insert best parameters (0.9312, trial 47)',
      command: 'tuneboard.insertBestParameters',
      arguments: [link([]).id, uri],
    });
    const changed = { start: { line: 0, character: 16 }, end: { line: 0, character: 20 } };
    const contentChanges = [{ range: changed, text: '2.68e-05' }];
    client.notify('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges });
    assert.deepEqual(await ask(), []);
  });

  it('finds what is wrong while typing, and fixes it', async () => {
    const uri = 'file:///a/wrong.py';
    const found = client.diagnostics(uri);
    client.open(uri, 'python', 'def objective(trial):\n    return trial.suggest_float("x", 0, 0.1, log=True)\n');
    const [diagnostic] = await found;
    assert.equal(diagnostic?.code, 'log-not-positive');
    assert.deepEqual(diagnostic?.range, { start: { line: 1, character: 36 }, end: { line: 1, character: 37 } });
    const [fix] = await client.request<ActionDto[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: diagnostic?.range,
      context: { diagnostics: [diagnostic], only: ['quickfix'] },
    });
    assert.equal(fix?.edit?.changes?.[uri]?.[0]?.newText, '0.0001');
    const cleared = client.diagnostics(uri);
    const contentChanges = [{ range: diagnostic?.range, text: '0.0001' }];
    client.notify('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges });
    assert.deepEqual(await cleared, []);
  });

  it('checks, completes and explains a study file', async () => {
    const uri = 'file:///a/x.study.yaml';
    const found = client.diagnostics(uri);
    const text =
      'metric: accuracy\nobjective:\n  command: python a.py --lr {lr}\nspace:\n  lr: { type: float, low: 2, high: 1 }\nsam\n';
    client.open(uri, 'yaml', text);
    const diagnostics = await found;
    assert.ok(diagnostics.length > 0);
    assert.ok(diagnostics.every((one) => one.severity === 1 || one.severity === 2));
    assert.deepEqual(await lenses(uri), ['0 $(play)\u00a0Start study']);
    const items = await client.request<{ label: string; sortText: string }[]>('textDocument/completion', {
      textDocument: { uri },
      position: { line: 5, character: 3 },
    });
    assert.ok(items.some((item) => item.label === 'sampler'));
    const order = (label: string) => items.find((item) => item.label === label)?.sortText ?? '';
    assert.ok(order('objective') < order('gpus'), 'in the order of the schema, not of the alphabet');
    const hover = await client.request<{ contents: { value: string } }>('textDocument/hover', {
      textDocument: { uri },
      position: { line: 0, character: 2 },
    });
    assert.match(hover.contents.value, /metric/);
  });

  it('starts a W&B sweep as a study file, and checks it', async () => {
    const uri = 'file:///a/sweep.yaml';
    const found = client.diagnostics(uri);
    client.open(uri, 'yaml', 'program: train.py\nmethod: random\nparameters:\n  lr: { min: 1 }\n');
    assert.deepEqual(
      (await found).map(({ code }) => code),
      ['sweep-bad-range'],
    );
    assert.deepEqual(await lenses(uri), ['0 $(play)\u00a0Start study']);
    client.open('file:///a/other.yaml', 'yaml', 'method: random\n');
    assert.deepEqual(await lenses('file:///a/other.yaml'), []);
  });

  it('reads the cells of a notebook as one, and edits each for itself', async () => {
    const notebook = 'file:///a/b.ipynb';
    const cell = (id: string) => `vscode-notebook-cell:/a/b.ipynb#${id}`;
    const texts = [
      'LEARNING_RATE = 2e-5\n',
      'def objective(trial):\n    lr = trial.suggest_float("learning_rate", 0, 1)\n',
    ];
    client.notify('notebookDocument/didOpen', {
      notebookDocument: {
        uri: notebook,
        notebookType: 'jupyter-notebook',
        version: 1,
        cells: texts.map((_, at) => ({ kind: 2, document: cell(`W${at}`) })),
      },
      cellTextDocuments: texts.map((text, at) => ({ uri: cell(`W${at}`), languageId: 'python', version: 1, text })),
    });
    client.notify('tuneboard/studyLinks', { links: [link([notebook], { run: 'running', finished: 3 })] });
    assert.deepEqual((await lenses(cell('W1')))[0], '0 ● 3/50 · best 0.9312');
    assert.deepEqual(await lenses(cell('W0')), []);
    const textDocument = { uri: cell('W1') };
    const [, , insert] = await client.request<LensDto[]>('textDocument/codeLens', { textDocument });
    assert.deepEqual(insert?.command.arguments, [link([]).id, notebook]);
    const ask = (uri: string) =>
      client.request<BestParamsEdits>('tuneboard/bestParamsEdits', { uri, best: link([]).best, cursor: null });
    assert.deepEqual(
      (await ask(cell('W0'))).edits.map((edit) => edit.newText),
      ['2.68e-05'],
    );
    assert.deepEqual((await ask(cell('W1'))).edits, []);
  });

  it('drafts a study file', async () => {
    const text = 'p.add_argument("--lr", type=float, default=0.1)\nprint(f"loss={loss}")\n';
    const params = { uri: 'file:///a/t.py', languageId: 'python', text, scriptPath: 't.py' };
    const draft = await client.request<DraftStudyFile>('tuneboard/draftStudyFile', params);
    assert.equal(draft.kind, 'arguments');
    assert.match(draft.text ?? '', /command: python t.py --lr \{lr\}/);
  });

  it('speaks Chinese in a Chinese window', async () => {
    const chinese = await startClient({ locale: 'zh-cn' });
    chinese.open('file:///a/zh.py', 'python', SCRIPT);
    const [lens] = await chinese.request<LensDto[]>('textDocument/codeLens', {
      textDocument: { uri: 'file:///a/zh.py' },
    });
    assert.equal(lens?.command.title, '$(play)\u00a0启动研究');
    const found = chinese.diagnostics('file:///a/hf.py');
    chinese.open('file:///a/hf.py', 'python', 'args = TrainingArguments(evaluation_strategy="epoch")\n');
    assert.match((await found)[0]?.message ?? '', /已不存在/);
    const params = {
      uri: 'file:///a/t.py',
      languageId: 'python',
      text: SCRIPT.replace(/study[\s\S]*/, ''),
      scriptPath: 't.py',
    };
    const draft = await chinese.request<DraftStudyFile>('tuneboard/draftStudyFile', params);
    assert.match(draft.text ?? '', /请检查后再启动研究/);
    await chinese.dispose();
  });

  it('answers about documents that it does not know', async () => {
    const textDocument = { uri: 'file:///a/nowhere.py' };
    const position = { line: 3, character: 9 };
    assert.deepEqual(await client.request('textDocument/codeLens', { textDocument }), []);
    assert.deepEqual(await client.request('textDocument/completion', { textDocument, position }), []);
    const edits = await client.request<BestParamsEdits>('tuneboard/bestParamsEdits', {
      uri: textDocument.uri,
      best: link([]).best,
      cursor: position,
    });
    assert.deepEqual(edits.unmatched, ['learning_rate', 'optim']);
  });
});
