import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  BEST_PARAMS_EDITS,
  type BestParamsEdits,
  INSERT_CHOICES,
  type InsertChoice,
  type InsertChoicesParams,
} from '../../../src/protocol/editor.ts';
import { bestOf } from '../language/support.ts';
import { type Client, startClient } from './harness.ts';

const OBJECTIVE = `import optuna


def objective(trial):
    lr = trial.suggest_float("lr", 0.1, 1.0)
    depth = trial.suggest_int("depth", 1, 9)
    return lr


study = optuna.create_study()
study.optimize(objective, n_trials=3)
`;

const BEST = bestOf({ lr: 0.5, depth: 7 });

describe('what can be done with the parameters of a trial', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-choices-'));
  const outside = mkdtempSync(join(tmpdir(), 'tuneboard-outside-'));
  let client: Client;
  let project = 0;

  before(async () => {
    client = await startClient();
  });
  after(async () => {
    await client.dispose();
    rmSync(folder, { recursive: true, force: true });
    rmSync(outside, { recursive: true, force: true });
  });

  /** The choices for the first of some files, as `way file[+file]`. */
  async function choices(files: Readonly<Record<string, string>>, more: Partial<InsertChoicesParams> = {}) {
    const root = join(folder, `p${project++}`);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const [main] = Object.keys(files);
    const uri = pathToFileURL(join(root, main as string)).toString();
    const roots = [pathToFileURL(root).toString()];
    const found = await client.request<InsertChoice[]>(INSERT_CHOICES, { uri, best: BEST, roots, ...more });
    const short = (one: string) => one.slice(`${roots[0]}/`.length);
    return found.map(({ way, uris, unmatched }) => {
      return [way, uris.map(short).join('+'), ...(unmatched.length > 0 ? [`no ${unmatched}`] : [])].join(' ');
    });
  }

  it('puts the final model first and gives up the search last', async () => {
    const text = `${OBJECTIVE}model = Net(lr=0.1, depth=3)\n`;
    const ranges = { lr: { type: 'float', low: 0.3, high: 0.7 } } as const;
    assert.deepEqual(await choices({ 'tune.py': text }, { ranges }), [
      'values tune.py',
      'dict tune.py',
      'enqueue tune.py',
      'narrow tune.py',
      'freeze tune.py',
    ]);
  });

  it('puts ways for all parameters before a model that takes some of them', async () => {
    const found = await choices({ 'tune.py': `${OBJECTIVE}model = Net(lr=0.1)\n` });
    assert.deepEqual(found, ['dict tune.py', 'enqueue tune.py', 'values tune.py no depth', 'freeze tune.py']);
  });

  it('finds the final model in a module and in configurations, each a choice of its own', async () => {
    const found = await choices({
      'tune.py': `from pack import final\nOPEN = open("settings.toml")\n${OBJECTIVE}`,
      'pack/__init__.py': '',
      'pack/final.py': 'model = Net(lr=0.1, depth=3)\n',
      'settings.toml': '[model]\nlr = 0.1\ndepth = 3\n',
      'conf/model/net.yaml': 'lr: 0.1\ndepth: 3\n',
      '.env': 'LR=0.1\nDEPTH=3\n',
      'train.sh': 'python train.py --lr 0.1 --depth=3\n',
      'old.ini': '[a]\nlr = 0.1\ndepth = 3\n',
    });
    assert.deepEqual(found.filter((choice) => choice.startsWith('values')).sort(), [
      'values .env',
      'values conf/model/net.yaml',
      'values old.ini',
      'values pack/final.py',
      'values settings.toml',
      'values train.sh',
    ]);
  });

  it('puts files together where only all of them have a place for every parameter', async () => {
    const found = await choices({
      'tune.py': `import final\nimport layers\n${OBJECTIVE}`,
      'final.py': 'LR = 0.1\n',
      'layers.py': 'DEPTH = 3\n',
    });
    assert.equal(found[0], 'values final.py+layers.py');
  });

  it('leaves generated files, unfinished merges, tool settings and files elsewhere alone', async () => {
    const both = 'lr: 0.1\ndepth: 3\n';
    writeFileSync(join(outside, 'far.yaml'), both);
    const files = {
      'tune.py': OBJECTIVE,
      'made.yaml': `# DO NOT EDIT\n${both}`,
      'merge.yaml': `<<<<<<< ours\n${both}=======\n${both}>>>>>>> theirs\n`,
      'package.json': '{"lr": 0.1, "depth": 3}\n',
    };
    const root = join(folder, `p${project}`);
    mkdirSync(root, { recursive: true });
    symlinkSync(join(outside, 'far.yaml'), join(root, 'far.yaml'));
    const found = await choices(files);
    assert.deepEqual(
      found.filter((choice) => choice.startsWith('values')),
      [],
    );
    // In a folder that is not trusted nothing but the file that was asked for.
    const untrusted = await choices({ 'tune.py': OBJECTIVE, 'conf.yaml': both }, { roots: [] });
    assert.deepEqual(
      untrusted.filter((choice) => choice.startsWith('values')),
      [],
    );
  });

  it('asks nothing of a script with arguments, and takes the search of a module for its own', async () => {
    const text = 'p.add_argument("--lr", default=0.1)\np.add_argument("--depth", default=3)\n';
    assert.deepEqual(await choices({ 'train.py': text, 'conf.yaml': 'lr: 0.1\ndepth: 3\n' }), ['values train.py']);
    const found = await choices({ 'main.py': 'import tune\n', 'tune.py': OBJECTIVE });
    assert.deepEqual(found, ['dict tune.py', 'enqueue tune.py', 'freeze tune.py']);
  });

  it('places parameters of a study file in the files that it names, and nowhere else', async () => {
    const studyFile = join(folder, `p${project}`, 'a.study.yaml');
    const found = await choices(
      {
        'train.py': 'lr = 0.1\ndepth = 3\n',
        'model.toml': 'lr = 0.1\ndepth = 3\n',
        'a.study.yaml':
          'metric: loss\nobjective: { command: python train.py }\nspace:\n  lr: { type: float, low: 0, high: 1, at: "model.toml#lr" }\n  depth: { type: int, low: 1, high: 9, at: "train.py#depth" }\n',
      },
      { studyFile: pathToFileURL(studyFile).toString() },
    );
    assert.deepEqual(found, ['values model.toml+train.py']);
  });

  const edits = async (name: string, languageId: string, text: string, more: object) => {
    const uri = pathToFileURL(join(folder, name)).toString();
    const found = await client.request<BestParamsEdits>(BEST_PARAMS_EDITS, {
      uri,
      best: BEST,
      cursor: null,
      way: 'values',
      document: { languageId, text },
      ...more,
    });
    const lines = text.split('\n');
    for (const { range, newText } of found.edits.toReversed()) {
      const line = lines[range.start.line] as string;
      lines[range.start.line] = line.slice(0, range.start.character) + newText + line.slice(range.end.character);
    }
    return lines.join('\n');
  };

  const written: readonly (readonly [name: string, before: string, after: string])[] = [
    ['a.toml', 'lr = 1e-3\n[x]\ndepth = 3 # deep\n', 'lr = 0.5\n[x]\ndepth = 7 # deep\n'],
    ['a.ini', '[m]\nlr: 0.1 ; rate\ndepth=3\n', '[m]\nlr: 0.5 ; rate\ndepth=7\n'],
    ['a.cfg', '; lr = 3\n[m]\nLR = 0.1\n', '; lr = 3\n[m]\nLR = 0.5\n'],
    ['.env', 'LR="0.1"\nexport DEPTH=3\n', 'LR="0.5"\nexport DEPTH=7\n'],
    ['.env.local', "LR='0.1'\nURL=$LR\n", "LR='0.5'\nURL=$LR\n"],
    ['a.sh', 'LR=0.1\npython t.py --depth 3 \\\n  --lr="$LR"\n', 'LR=0.5\npython t.py --depth 7 \\\n  --lr="$LR"\n'],
    ['b.sh', 'python t.py --lr=0.1 --depth=3 --out "a b"\n', 'python t.py --lr=0.5 --depth=7 --out "a b"\n'],
    ['pyproject.toml', '[tool.train]\nlr = 0.1\n', '[tool.train]\nlr = 0.5\n'],
    ['a.properties', 'train.lr=0.1\nlr=0.1\n', 'train.lr=0.1\nlr=0.5\n'],
  ];
  for (const [name, text, after] of written) {
    it(`writes ${name}, whatever language the editor gives it`, async () => {
      assert.equal(await edits(name, 'plaintext', text, {}), after);
    });
  }

  it('notes where values come from at the end of their lines, when asked to', async () => {
    const more = { isNoted: true, note: 'digits, trial 6, 0.93' };
    const mark = '# tuneboard: digits, trial 6, 0.93';
    assert.equal(
      await edits('n.py', 'python', 'm = Net(\n    lr=0.1,\n    depth=3)\ns = """a\n"""\n', more),
      `m = Net(\n    lr=0.5,  ${mark}\n    depth=7)  ${mark}\ns = """a\n"""\n`,
    );
    assert.equal(await edits('n.yaml', 'yaml', 'lr: 0.1  # tuneboard: old\n', more), `lr: 0.5  ${mark}\n`);
    assert.equal(
      await edits('n.py', 'python', 'x = (0.1, """\n""", dict(lr=0.1, a="""\n"""))\n', more),
      'x = (0.1, """\n""", dict(lr=0.5, a="""\n"""))\n',
    );
    assert.equal(await edits('n.json', 'json', '{"lr": 0.1}\n', more), '{"lr": 0.5}\n');
    assert.equal(await edits('n.py', 'python', 'LR = 0.1  # rate\n', more), 'LR = 0.5  # rate\n');
  });
});
