/** A parameter across its study file, program and configurations: completion, rename, definition, findings, outline. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Client, startClient } from './harness.ts';

const SCRIPT = `import argparse
import json
import os
import layers

parser = argparse.ArgumentParser()
parser.add_argument("--learning-rate", type=float, default=0.001)
parser.add_argument("--batch", type=int, default=32, choices=[16, 32])
parser.add_argument("--amp", action="store_true")
args = parser.parse_args()
params = json.loads(os.environ["TUNEBOARD_PARAMS"])
own = {"depth": 3}
print(params["depth"], params.get("depth", 2), own["depth"])
tuneboard.set_constraint("latency", args.batch - 3)
`;

const STUDY = `name: fit
direction: maximize
metric: accuracy
objective:
  command: python fit.py --learning-rate {learning_rate} --depth {depth}
  config: model.toml
space:
  learning_rate: { type: float, low: 1.0e-5, high: 1.0e-2, log: true }
  depth: { type: int, low: 1, high: 9, when: { learning_rate: 0.001 } }
start:
  - { learning_rate: 0.001, depth: 2 }
`;

interface Item {
  readonly label: string;
  readonly detail?: string;
  readonly insertTextFormat?: number;
  readonly textEdit: { readonly newText: string; readonly range: { readonly start: unknown } };
}

interface Edit {
  readonly range: {
    readonly start: { readonly line: number; readonly character: number };
    readonly end: Edit['range']['start'];
  };
  readonly newText: string;
}

type Changes = { readonly changes: Readonly<Record<string, readonly Edit[]>> };

/** A text with edits made, and the position of `|` in another. */
function withEdits(text: string, edits: readonly Edit[]): string {
  const starts = [0, ...[...text.matchAll(/\r\n|\n/g)].map(({ 0: all, index }) => index + all.length)];
  const at = ({ line, character }: Edit['range']['start']) => (starts[line] as number) + character;
  return edits
    .toSorted((a, b) => at(b.range.start) - at(a.range.start))
    .reduce((so, { range, newText }) => so.slice(0, at(range.start)) + newText + so.slice(at(range.end)), text);
}

function placeOf(text: string, wanted: string, within = 0) {
  const offset = text.indexOf(wanted) + within;
  assert.ok(offset >= 0, wanted);
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: (before.at(-1) as string).length };
}

describe('a parameter of a study', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-调参 parameters-'));
  const uriOf = (name: string) => pathToFileURL(join(folder, name)).toString();
  let client: Client;
  let opened = 0;

  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    return uriOf(name);
  };
  /** Opens a study file or script of its own, beside the others. */
  const open = (text: string, name = `open${opened++}.study.yaml`) => {
    const uri = write(name, text);
    client.open(uri, name.endsWith('.yaml') ? 'yaml' : 'python', text);
    return uri;
  };
  const offered = async (marked: string, name?: string): Promise<Item[]> => {
    const uri = open(marked.replace('|', ''), name);
    return client.request('textDocument/completion', { textDocument: { uri }, position: placeOf(marked, '|') });
  };
  const rename = (uri: string, text: string, wanted: string, newName: string, within = 0) =>
    client.request<Changes | null>('textDocument/rename', {
      textDocument: { uri },
      position: placeOf(text, wanted, within),
      newName,
    });
  const command = (line: string, rest = '') =>
    `objective:\n  command: ${line}\n${rest}space:\n  learning_rate: { type: float, low: 0, high: 1 }\n`;

  before(async () => {
    client = await startClient({ workspaceFolders: [{ uri: pathToFileURL(folder).toString(), name: 'w' }] });
    write('fit.py', SCRIPT);
    write('layers.py', 'import tuneboard\n\np = tuneboard.params({"depth": 1})\nhidden = 64  # depth\n');
    write('model.toml', 'layers = {depth}\nliteral = "{{depth}}"\n');
  });
  after(async () => {
    await client.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('completion', () => {
    it('offers the flags of the script that the command does not have, with their placeholders', async () => {
      const items = await offered(command('python fit.py --batch 3 |'));
      assert.deepEqual(
        items.map(({ label, detail, textEdit }) => [label, detail, textEdit.newText]),
        [
          ['--learning-rate', 'float = 0.001', '--learning-rate {learning_rate}'],
          ['--amp', 'boolean', '--amp'],
        ],
      );
      const typed = await offered(command('"python fit.py --le|"'));
      assert.deepEqual(typed[0]?.textEdit.range.start, { line: 1, character: '  command: "python fit.py '.length });
    });

    it('offers them in lists and blocks, and nothing of the kind before the script', async () => {
      const labels = async (text: string) => (await offered(text)).map(({ label }) => label);
      assert.ok(
        (await labels('objective:\n  command:\n    - python\n    - fit.py\n    - "--|"\nspace: {}\n')).includes(
          '--batch',
        ),
      );
      assert.ok((await labels(command('>-\n    python fit.py\n    --l|'))).includes('--batch'));
      assert.ok((await labels(command('python fit.py', '  args: ["--|"]\n'))).includes('--batch'));
      assert.ok(!(await labels(command('python -|'))).includes('--batch'));
    });

    it('offers parameters in placeholders, also of blocks and lists', async () => {
      for (const line of ['python fit.py --x {|', '>-\n    python fit.py\n    --x {l|', '[python, fit.py, "{|"]']) {
        assert.deepEqual(
          (await offered(command(line))).map(({ textEdit }) => textEdit.newText),
          ['learning_rate}'],
          line,
        );
      }
      assert.deepEqual(
        (await offered(command('python fit.py', '  args: ["{|"]\n'))).map(({ label }) => label),
        ['learning_rate'],
      );
    });

    it('offers parameters in conditions, first trials and expressions, and what a parent may be', async () => {
      const space =
        'space:\n  kind: { type: categorical, choices: [a, "b c"] }\n  depth: { type: int, low: 1, high: 3, when: { X } }\n';
      const labels = async (text: string) => (await offered(text)).map(({ label }) => label);
      assert.deepEqual(await labels(space.replace('X', '|')), ['kind']);
      assert.deepEqual(await labels(space.replace('X', 'kind: |')), ['a', 'b c']);
      assert.deepEqual(await labels(`${space}start:\n  - { kind: a, | }\n`), ['depth']);
      assert.deepEqual(await labels(`${space}where:\n  - dep|`), ['kind', 'depth']);
      assert.deepEqual(await labels(`${command('python fit.py')}constraints: [|]\n`), ['latency']);
    });

    it('offers the parameters of the study behind a value of its script', async () => {
      const study = open(STUDY);
      client.notify('tuneboard/studyFiles', { uris: [study] });
      const labels = async (text: string) => {
        client.notify('textDocument/didClose', { textDocument: { uri: uriOf('fit.py') } });
        const items = await offered(text, 'fit.py');
        write('fit.py', SCRIPT);
        return items.map(({ label }) => label);
      };
      assert.deepEqual(await labels('hidden = 64  # |\n'), ['learning_rate', 'depth']);
      assert.deepEqual(await labels('def f():  # |\n    pass\n'), []);
      client.notify('textDocument/didClose', { textDocument: { uri: uriOf('fit.py') } });
    });

    it('offers five beginnings of a study file, and none where it has an objective', async () => {
      const items = (await offered('|')).filter(({ insertTextFormat }) => insertTextFormat === 2);
      assert.deepEqual(
        items.map(({ label }) => label),
        ['command', 'values in code', 'optuna', 'module', 'trainer'],
      );
      assert.ok((await offered(`${command('python fit.py')}|`)).every((one) => one.insertTextFormat !== 2));
    });
  });

  describe('rename', () => {
    it('changes study file, template, program and modules, and leaves flags and other things of that name', async () => {
      const study = open(STUDY.replaceAll('\n', '\r\n'));
      const found = await rename(study, STUDY, '  depth: {', 'layers', 2);
      const changes = found?.changes ?? {};
      assert.deepEqual(
        Object.keys(changes).sort(),
        [study, uriOf('fit.py'), uriOf('layers.py'), uriOf('model.toml')].sort(),
      );
      assert.equal(
        withEdits(STUDY.replaceAll('\n', '\r\n'), changes[study] ?? []),
        STUDY.replaceAll('\n', '\r\n')
          .replace('{depth}', '{layers}')
          .replace('  depth: {', '  layers: {')
          .replace('depth: 2', 'layers: 2'),
      );
      assert.equal(
        withEdits(SCRIPT, changes[uriOf('fit.py')] ?? []),
        SCRIPT.replace('params["depth"]', 'params["layers"]').replace('get("depth"', 'get("layers"'),
      );
      assert.equal(
        withEdits(
          'import tuneboard\n\np = tuneboard.params({"depth": 1})\nhidden = 64  # depth\n',
          changes[uriOf('layers.py')] ?? [],
        ),
        'import tuneboard\n\np = tuneboard.params({"layers": 1})\nhidden = 64  # layers\n',
      );
      assert.equal(changes[uriOf('model.toml')]?.length, 1, 'doubled braces are a text');
    });

    it('begins at a placeholder or a condition as well, and nowhere else', async () => {
      const study = open(STUDY);
      const found = await rename(study, STUDY, '{learning_rate}', 'lr', 3);
      assert.equal(
        withEdits(STUDY, found?.changes[study] ?? []),
        STUDY.replaceAll(/learning_rate/g, 'lr'),
        'the flag keeps its dashes',
      );
      assert.equal(await rename(study, STUDY, '--learning-rate', 'lr', 4), null);
      assert.equal(await rename(study, STUDY, 'metric', 'lr', 2), null);
    });

    it('takes the text of an editor that is not saved', async () => {
      const text = 'import tuneboard\n\n\nprint(tuneboard.params()["depth"])\n';
      client.open(uriOf('fit.py'), 'python', text);
      const study = open(STUDY);
      const found = await rename(study, STUDY, '  depth: {', 'layers', 2);
      client.notify('textDocument/didClose', { textDocument: { uri: uriOf('fit.py') } });
      assert.equal(withEdits(text, found?.changes[uriOf('fit.py')] ?? []), text.replace('depth', 'layers'));
    });

    it('says in one sentence why a name cannot be', async () => {
      const study = open(STUDY);
      const refused = (newName: string) => rename(study, STUDY, '  depth: {', newName, 2);
      await assert.rejects(refused('learning_rate'), /has a parameter learning_rate already/);
      await assert.rejects(refused('two words'), /no name of a parameter/);
      write('layers.py', '<<<<<<< HEAD\np = trial.params["depth"]\n=======\np = 3\n>>>>>>> other\n');
      await assert.rejects(refused('layers'), /layers\.py has a merge conflict/);
      write('layers.py', '# @generated\np = trial.params["depth"]\n');
      await assert.rejects(refused('layers'), /layers\.py is generated/);
      write('layers.py', 'x = 1\n');
    });

    it('changes nothing where a program outside the workspace would keep the old name', async () => {
      const outside = mkdtempSync(join(tmpdir(), 'tuneboard-outside-'));
      writeFileSync(join(outside, 'far.py'), 'import tuneboard\nprint(tuneboard.params()["depth"])\n');
      const text = STUDY.replace('python fit.py', `python ${join(outside, 'far.py')}`);
      const study = open(text);
      await assert.rejects(rename(study, text, '  depth: {', 'layers', 2), /far\.py .* outside this workspace/);
      rmSync(outside, { recursive: true, force: true });
    });

    const OPTUNA = `import optuna

def svm(trial):
    c = trial.suggest_float("C", 0, 1)
    return c

def rf(trial):
    return trial.suggest_float("C", 1, 2) + trial.params["C"]

a = optuna.create_study(study_name="svm")
a.optimize(svm, n_trials=3)
b = optuna.create_study(study_name="rf")
b.optimize(rf, n_trials=3)
print(a.best_params["C"], b.best_params["C"], {"C": 3}["C"])
`;

    it('of two objectives with the same name changes the one that is meant', async () => {
      const uri = open(OPTUNA, 'two.py');
      const found = await rename(uri, OPTUNA, '("C", 1, 2)', 'cost', 2);
      assert.equal(
        withEdits(OPTUNA, found?.changes[uri] ?? []),
        OPTUNA.replace('("C", 1, 2) + trial.params["C"]', '("cost", 1, 2) + trial.params["cost"]').replace(
          'b.best_params["C"]',
          'b.best_params["cost"]',
        ),
      );
    });

    it('goes through the cells of a notebook that is open, and asks to open one that is not', async () => {
      const notebook = uriOf('search.ipynb');
      const cells = [
        'best = study.best_params\n',
        'print(best["C"])\n',
        'def f(trial):\n    return trial.suggest_float("C", 0, 1)\n',
      ];
      write(
        'search.ipynb',
        JSON.stringify({ cells: cells.map((source) => ({ cell_type: 'code', source, outputs: [{ text: '"C"' }] })) }),
      );
      const documents = cells.map((text, at) => ({
        uri: `${notebook.replace('file:', 'vscode-notebook-cell:')}#${at}`,
        languageId: 'python',
        version: 1,
        text,
      }));
      const study = open('objective:\n  optuna: search.ipynb\nspace:\n  C: { type: float, low: 0, high: 1 }\n');
      const text = 'objective:\n  optuna: search.ipynb\nspace:\n  C: { type: float, low: 0, high: 1 }\n';
      await assert.rejects(
        rename(study, text, '  C:', 'cost', 2),
        /search\.ipynb names the parameter too: open it first/,
      );
      client.notify('notebookDocument/didOpen', {
        notebookDocument: {
          uri: notebook,
          notebookType: 'jupyter-notebook',
          version: 1,
          cells: documents.map((one) => ({ kind: 2, document: one.uri })),
        },
        cellTextDocuments: documents,
      });
      const found = await rename(documents[2]?.uri as string, cells[2] as string, '"C"', 'cost', 1);
      assert.deepEqual(
        cells.map((cell, at) => withEdits(cell, found?.changes[documents[at]?.uri as string] ?? [])),
        cells.map((cell) => cell.replace('"C"', '"cost"')),
      );
    });
  });

  it('leads from a placeholder to its line, from there to the argument of the script, and back', async () => {
    const study = open(STUDY);
    client.notify('tuneboard/studyFiles', { uris: [study] });
    client.open(uriOf('fit.py'), 'python', SCRIPT);
    const go = async (uri: string, text: string, wanted: string, within = 0) => {
      const found = await client.request<{ uri: string; range: Edit['range'] }[]>('textDocument/definition', {
        textDocument: { uri },
        position: placeOf(text, wanted, within),
      });
      return found.map((one) => [one.uri, one.range.start.line]);
    };
    assert.deepEqual(await go(study, STUDY, '{learning_rate}', 3), [[study, 7]]);
    assert.deepEqual(await go(study, STUDY, 'when: { learning_rate', 9), [[study, 7]]);
    assert.deepEqual(await go(study, STUDY, '  learning_rate: {', 4), [[uriOf('fit.py'), 6]]);
    assert.deepEqual(await go(study, STUDY, '--learning-rate', 4), [[uriOf('fit.py'), 6]]);
    assert.deepEqual(await go(study, STUDY, '  depth: {', 3), [[uriOf('fit.py'), 12]]);
    assert.deepEqual(await go(uriOf('fit.py'), SCRIPT, '"--learning-rate"', 3), [[study, 7]]);
    assert.deepEqual(await go(uriOf('fit.py'), SCRIPT, 'params["depth"]', 9), [[study, 8]]);
    client.notify('textDocument/didClose', { textDocument: { uri: uriOf('fit.py') } });
  });

  it('marks flags that the script certainly does not take, and mends what does not fit together', async () => {
    const text = command('python fit.py --learning-rte {learning_rte2} --learning 3 --no-amp --zzz -- --other');
    const uri = uriOf('wrong.study.yaml');
    write('wrong.study.yaml', text);
    const waiting = client.diagnostics(uri);
    client.open(uri, 'yaml', text);
    const found = (await waiting).filter(({ code }) => code === 'unknown-flag');
    assert.deepEqual(
      found.map(({ message }) => message.split(':')[0]),
      ['fit.py takes no argument --learning-rte', 'fit.py takes no argument --zzz'],
    );
    const fixes = await client.request<{ title: string; edit: Changes }[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } },
      context: { diagnostics: [], only: ['quickfix'] },
    });
    assert.deepEqual(fixes.map(({ title }) => title).sort(), [
      'Change to --learning-rate',
      'Change to {learning_rate}',
    ]);
  });

  it('puts a placeholder into the space with a range that fits, and an unused parameter into the command', async () => {
    const text =
      'metric: m\nobjective:\n  command: python fit.py --batch {batch} --x {q} # why\nspace:\n  learning_rate: { type: float, low: 0, high: 1 }\n  q: { type: int, low: 1, high: 3 }\n';
    const uri = open(text);
    const fixes = await client.request<{ title: string; edit: Changes }[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } },
      context: { diagnostics: [], only: ['quickfix'] },
    });
    const fixed = (title: RegExp) => {
      const fix = fixes.find((one) => title.test(one.title));
      assert.ok(fix, fixes.map((one) => one.title).join());
      return withEdits(text, fix.edit.changes[uri] ?? []);
    };
    assert.match(fixed(/^Add batch to the space/), /\n {2}batch: \{ type: categorical, choices: \[16, 32\] \}\n/);
    assert.match(fixed(/^Pass it as/), /--x \{q\} --learning-rate \{learning_rate\} # why\n/);
  });

  it('gives the outline of study files and scripts, and folds of study files alone', async () => {
    interface Symbol {
      readonly name: string;
      readonly children?: readonly Symbol[];
    }
    const names = (symbols: readonly Symbol[]): unknown[] =>
      symbols.map(({ name, children = [] }) => (children.length > 0 ? [name, names(children)] : name));
    const ask = async (uri: string) =>
      names(await client.request('textDocument/documentSymbol', { textDocument: { uri } }));
    const study = open(STUDY);
    assert.deepEqual(await ask(study), [
      'name',
      'direction',
      'metric',
      ['objective', ['command', 'config']],
      ['space', ['learning_rate', 'depth']],
      'start',
    ]);
    const script = open(
      'import optuna\ndef f(trial):\n    return trial.suggest_int("n", 1, 3)\ns = optuna.create_study(study_name="mine")\ns.optimize(f, n_trials=3)\n',
      'outline.py',
    );
    assert.deepEqual(await ask(script), [['f', ['n']], 'mine']);
    const folds = async (uri: string) =>
      (
        await client.request<{ startLine: number; endLine: number }[] | null>('textDocument/foldingRange', {
          textDocument: { uri },
        })
      )?.map(({ startLine, endLine }) => [startLine, endLine]);
    assert.deepEqual(await folds(study), [
      [3, 5],
      [6, 8],
      [9, 10],
    ]);
    assert.equal(await folds(script), undefined);
  });
});
