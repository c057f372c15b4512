import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildKernels } from '../../src/trainer/kernels/build.mjs';
import { pythonOf } from '../support/parts.ts';
import { useTestBackends } from '../support/tensorflow.ts';
import { benchOptions, wholeNumber } from './benchOptions.ts';
import { benchPython } from './benchPython.ts';
import { printTable } from './table.ts';
import { TRAINER_SIZES, type TrainerSize, type TrainerTurn } from './trainerSizes.ts';

/** Who else trains the same: each where a Python has it. */
const PEERS = [
  {
    side: 'PyTorch',
    short: 'PyTorch',
    modules: 'torch, transformers',
    program: 'trainerTorch.py',
    missing: 'TUNEBOARD_REQUIRE=transformers npm test installs it',
  },
  {
    side: 'Python TensorFlow',
    short: 'Python TF',
    modules: 'tensorflow',
    program: 'trainerTensorflow.py',
    missing: 'pip install tensorflow-cpu into .cache/venv-bench',
  },
] as const;

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/**
 * Sequences a CPU-second of the trainer on each backend, beside PyTorch and Python's TensorFlow, all on one thread, in the same run and turn by turn:
 * machines are shared, so the ratio within a turn is what counts, and the median turn is told. Every turn is a process of
 * its own, whose peak memory is told too; libtensorflow is that of the tests. `--sizes S,small,rbt3`, `--backends tensorflow,wasm`, `--turns 3`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { sizes: 'S,small,rbt3', backends: 'tensorflow,wasm', turns: '3' });
  const turns = wholeNumber(options.turns, 'turns');
  const sizes = options.sizes.split(',');
  const unknown = sizes.find((name) => !Object.hasOwn(TRAINER_SIZES, name));
  if (unknown !== undefined)
    throw new Error(`There is no size ${unknown}: use ${Object.keys(TRAINER_SIZES).join(', ')}.`);
  useTestBackends();
  await buildKernels(here('../../dist'));
  const peers = PEERS.flatMap(({ side, modules, program, missing }) => {
    const python = pythonWith(modules);
    if (!python) console.log(`${side} is left out: ${missing}.`);
    return python ? [{ side, python, program }] : [];
  });
  for (const name of sizes) {
    const size = TRAINER_SIZES[name] as TrainerSize;
    const backends = options.backends.split(',').filter((backend) => canRun(name, backend));
    const sides = new Map<string, TrainerTurn[]>();
    for (let turn = 0; turn < turns; turn++) {
      for (const backend of backends)
        note(sides, backend, turnOf(process.execPath, [here('trainerSide.ts'), name, backend]));
      for (const { side, python, program } of peers)
        note(sides, side, turnOf(python, [here(program), JSON.stringify(size)]));
    }
    print(name, size, sides);
  }
}

function note(sides: Map<string, TrainerTurn[]>, side: string, turn: TrainerTurn): void {
  sides.set(side, [...(sides.get(side) ?? []), turn]);
}

/** Whether the backend starts here; its reason is printed where it does not. */
function canRun(size: string, backend: string): boolean {
  const probe = 'const { chooseBackend } = await import(process.argv[1]); await chooseBackend(process.argv[2]);';
  const module = new URL('../../src/trainer/backend/chooseBackend.ts', import.meta.url).href;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', probe, module, backend]);
  if (status !== 0)
    console.log(`${size}: ${backend} is left out: ${/TuneboardError: (.*)/.exec(String(stderr))?.[1] ?? stderr}`);
  return status === 0;
}

function pythonWith(modules: string): string | undefined {
  const has = (python: string | null) => python !== null && spawnSync(python, ['-c', `import ${modules}`]).status === 0;
  return [pythonOf('transformers'), benchPython()].find(has) ?? undefined;
}

function turnOf(program: string, args: readonly string[]): TrainerTurn {
  // One thread for TensorFlow too.
  const env = { ...process.env, TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };
  const lines = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env });
  return JSON.parse(lines.trim().split('\n').at(-1) as string) as TrainerTurn;
}

function print(name: string, size: TrainerSize, sides: ReadonlyMap<string, readonly TrainerTurn[]>): void {
  const { layers, hidden, heads, length, vocabulary, batch } = size;
  console.log(`\n${name}: L${layers} H${hidden} A${heads} T${length} V${vocabulary} B${batch}, sequences a CPU-second`);
  const rows = [...sides].map(([side, turns]) => {
    const cells = (value: (turn: TrainerTurn) => number, digits: number): string[] => {
      const against = PEERS.map((peer) => {
        const theirs = sides.get(peer.side);
        if (!theirs) return '';
        return median(turns.map((turn, index) => value(turn) / value(theirs[index] as TrainerTurn))).toFixed(2);
      });
      return [median(turns.map(value)).toFixed(digits), ...against];
    };
    return [
      side,
      ...cells(({ training }) => training, 1),
      ...cells(({ evaluation }) => evaluation, 1),
      ...cells(({ megabytes }) => megabytes, 0),
    ];
  });
  const by = PEERS.map(({ short }) => `× ${short}`);
  printTable(['', 'training', ...by, 'evaluation', ...by, 'peak MB', ...by], rows);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
