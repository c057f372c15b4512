/** Study files and scripts that are hostile to whoever opens them in the editor. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
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
