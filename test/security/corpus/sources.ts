/** Study files and scripts that are hostile to whoever opens them in the editor. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../src/core/random.ts';
import type { HostileCase } from './corpus.ts';
import { mutatedText, nested } from './mutations.ts';
import type { Traps } from './traps.ts';

const STUDY = `name: study
direction: maximize
metric: score
objective:
  command: python train.py --x {x} --kind {kind}
space:
  x: { type: float, low: 0.0, high: 1.0 }
  kind: { type: categorical, choices: [a, b] }
budget: { trials: 10 }
`;

function file(name: string, text: string): HostileCase {
  return { name: `source ${name}`, write: (folder) => writeFileSync(join(folder, name), text) };
}

function withLines(count: number, line: (index: number) => string): string {
  return STUDY + Array.from({ length: count }, (_, index) => line(index)).join('');
}

export function sourceCases(traps: Traps, random: Random): HostileCase[] {
  const laughs = Array.from({ length: 30 }, (_, index) =>
    index === 0
      ? 'a0: &a0 [x, x, x]\n'
      : `a${index}: &a${index} [${Array(9)
          .fill(`*a${index - 1}`)
          .join(', ')}]\n`,
  ).join('');
  const server = `postgresql://\${env:GITHUB_TOKEN}@127.0.0.1:${traps.port}/db`;
  return [
    file(
      'unknown.study.yaml',
      withLines(20_000, (index) => `unknown${index}: 1\n`),
    ),
    file('parameters.study.yaml', STUDY.replace('budget:', `${withParameters(5_000)}budget:`)),
    file('laughs.study.yaml', STUDY + laughs),
    file('deep.study.yaml', `${STUDY}deep: ${nested('[', ']', 20_000)}\n`),
    file('long.study.yaml', `${STUDY}# ${'x'.repeat(3_000_000)}\n`),
    file('server.study.yaml', `${STUDY}storage: ${server}\n`),
    file('executor.study.yaml', `${STUDY}executor: { type: ray, address: http://127.0.0.1:${traps.port} }\n`),
    file('shell.study.yaml', STUDY.replace('python train.py', `touch ${traps.folder}/started; python train.py`)),
    file('trainer.study.yaml', `name: t\nobjective: { trainer: { model: /dev/zero, dataset: ${traps.fifo} } }\n`),
    file('module.study.yaml', `name: m\nobjective: { module: ${traps.files.secret} }\nspace: {}\n`),
    file('brackets.py', `import optuna\nx = ${'('.repeat(50_000)}\n`),
    file('suggests.py', `import optuna\n${'x = trial.suggest_float("x", 0, 1)\n'.repeat(5_000)}`),
    file('strings.py', `import optuna\nx = ${'"'.repeat(100_001)}\n`),
    file('arguments.mjs', `${'const a = process.argv;\n'.repeat(5_000)}`),
    file(
      'cells.ipynb',
      JSON.stringify({
        nbformat: 4,
        nbformat_minor: 5,
        metadata: {},
        cells: Array.from({ length: 300 }, (_, index) => ({
          cell_type: 'code',
          execution_count: null,
          metadata: {},
          outputs: [],
          source: `lr${index} = ${nested('(', ')', 200, '0.1')}  # ${server}\n`,
        })),
      }),
    ),
    file('deep.json', nested('{"a":', '}', 30_000, '1')),
    ...codeCases(traps),
    ...launchCases(traps),
    {
      name: 'source folders without end',
      write: (folder) => {
        for (let index = 0; index < 500; index++)
          mkdirSync(join(folder, `d${index}`, '.tuneboard'), { recursive: true });
      },
    },
    {
      name: 'source study file is a link',
      write: (folder) => {
        symlinkSync('/dev/zero', join(folder, 'zero.study.yaml'));
        symlinkSync(traps.fifo, join(folder, 'fifo.study.yaml'));
      },
    },
    {
      name: 'source settings of the folder',
      write: (folder) => {
        mkdirSync(join(folder, '.vscode'));
        const settings = { 'tuneboard.python.interpreterPath': `${traps.folder}/python`, 'tuneboard.trust': [server] };
        writeFileSync(join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
      },
    },
    ...Array.from({ length: 12 }, (_, index) => file(`mutated${index}.study.yaml`, mutatedText(random, STUDY))),
  ];
}

function withParameters(count: number): string {
  const line = (index: number) => `  p${index}: { type: int, low: 0, high: 9, when: { p${index - 1}: [1, 2] } }\n`;
  return Array.from({ length: count }, (_, index) => (index === 0 ? '' : line(index))).join('');
}

/** Programs and their settings that a lens, a hover or an inlay hint looks into, and files that they name. */
function codeCases(traps: Traps): HostileCase[] {
  const outside = [traps.files.secret, traps.fifo, '/dev/zero', '../../../../../../../../etc/passwd', '../train.py/..'];
  const names = Array.from({ length: 20_000 }, (_, index) => `name${index}`);
  const reads = outside.map((path) => `yaml.safe_load(open("${path}"))\njson.load(open('${path}'))\n`).join('');
  const image = `![x](http://127.0.0.1:${traps.port}/pixel.png)`;
  return [
    file('imports.py', names.map((name) => `import ${name}\nfrom .${name} import *\n`).join('')),
    file('reads.py', `import json, yaml\n${reads}lr = 0.1\n`),
    file('defaults.py', names.map((name) => `parser.add_argument("--${name}", type=float, default=0.1)\n`).join('')),
    file('comments.py', `import optuna\ndef objective(trial):\n    lr = 0.1  # tune: ${image.repeat(200)}\n`),
    file('spaces.py', `from hyperopt import hp\nspace = ${nested("{'a': hp.choice('a', [", '])}', 3_000)}\n`),
    file('sweep.py', `import wandb\nsweep = {'parameters': ${nested("{'p': {'parameters': ", '}}', 3_000, '{}')}}\n`),
    file('tuned.ts', `const lr: number = 0.1;\n${'type T<U> = { a: T<T<U>> };\n'.repeat(2_000)}${'`${'.repeat(5_000)}`),
    file('template.js', `const rate = 0.1;\n${'/'.repeat(50_000)}\n${'<a>'.repeat(20_000)}`),
    {
      name: 'source values of a study in other files',
      write: (folder) => {
        const links = {
          'zero.py': '/dev/zero',
          'pipe.py': traps.fifo,
          'secret.py': traps.files.secret,
          'root.yaml': '/',
        };
        for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
        const sites = [...Object.keys(links), ...outside].map(
          (path, index) => `  p${index}: { type: float, low: 0, high: 1, at: '${path}#lr' }\n`,
        );
        writeFileSync(join(folder, 'sites.study.yaml'), STUDY.replace('budget:', `${sites.join('')}budget:`));
        writeFileSync(join(folder, 'train.py'), 'import zero, pipe, secret\nlr = 0.1\n');
      },
    },
  ];
}

/** What names a program, a folder or an environment to start code with. */
function launchCases(traps: Traps): HostileCase[] {
  const program = join(traps.folder, 'started.sh');
  const configurations = Array.from({ length: 2_000 }, (_, index) => ({
    name: `run ${index}`,
    type: 'debugpy',
    request: 'launch',
    program: index % 2 === 0 ? '/dev/zero' : traps.fifo,
    python: program,
    envFile: traps.fifo,
    args: ['--lr', '0.1'],
  }));
  return [
    file(
      'launch.study.yaml',
      STUDY.replace('  command:', `  python: ${program}\n  cwd: /\n  env: { LD_PRELOAD: ${program} }\n  command:`),
    ),
    file('Makefile', `$(shell touch ${traps.folder}/made)\n${'train:\n\tpython train.py --lr 0.1\n'.repeat(10_000)}`),
    file('pyproject.toml', `[tool.optuna]\nx = ${nested('[', ']', 20_000)}\n${'[[a]]\n'.repeat(20_000)}`),
    file('package.json', JSON.stringify({ scripts: { train: `touch ${traps.folder}/ran`, ...withScripts(5_000) } })),
    file('sweep.yaml', `program: /dev/zero\nmethod: bayes\ncommand: [${program}]\nparameters:\n${withSweep(5_000)}`),
    {
      name: 'source launch settings',
      write: (folder) => {
        mkdirSync(join(folder, '.vscode'));
        writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations }));
        writeFileSync(join(folder, 'train.py'), 'import argparse\nlr = 0.1\n');
      },
    },
  ];
}

function withScripts(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, 'node train.js --lr 0.1']));
}

function withSweep(count: number): string {
  return Array.from({ length: count }, (_, index) => `  p${index}: { min: 0.0, max: 1.0 }\n`).join('');
}

const LANGUAGES: Readonly<Record<string, string>> = {
  py: 'python',
  js: 'javascript',
  mjs: 'javascript',
  ts: 'typescript',
  yaml: 'yaml',
  json: 'json',
};

/** Files that an editor opens, two levels deep, and no link followed. */
export function sourcesIn(folders: readonly string[]): string[] {
  const within = folders.flatMap((folder) => [folder, join(folder, '.vscode')]);
  const entries = within.filter((path) => existsSync(path)).map((path) => readdirSync(path, { withFileTypes: true }));
  const files = entries.flat().filter((entry) => entry.isFile() && languageOf(entry.name) !== undefined);
  return files.map(({ parentPath, name }) => join(parentPath, name));
}

export function languageOf(path: string): string | undefined {
  return LANGUAGES[path.split('.').at(-1) ?? ''];
}
