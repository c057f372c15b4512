/**
 * What `npm test` runs in ten minutes on two cores, and what it leaves to `npm run test:all`. This file alone says so: a test
 * that is not named here belongs to `npm test`, and fails there if it needs a part that `npm test` does not install.
 */
import type { PartName } from './parts.ts';

/** From npm and PyPI, or there already; no package manager of the system is asked. */
export const QUICK_PARTS: readonly PartName[] = ['python', 'optuna', 'browser', 'vscode'];

/** Parts of paths of test files that are left for later as a whole. */
const LATER = [
  // Servers, clusters and proxies.
  'integration/server integration/postgres integration/mysql integration/redis integration/grpc',
  'integration/doctorServers integration/cluster integration/ray integration/slurm integration/tunerDiskFull integration/twoAccounts',
  // Other Optuna versions, its dashboard, transformers, libtensorflow, pretrained weights, other Nodes, training.
  'integration/optunaAnswers integration/optunaShapes integration/transformers integration/minilm integration/trainer',
  'integration/package/trainer integration/package/addon integration/package/plainNode integration/site',
  'trainer/bert. resumeOnTensorflow tensorflowSignals kernels/nativeOperations',
  // Long: how good the samplers are, how long hostile input takes, training to its end.
  'core/gradient core/forest core/gpContract core/gpConvergence core/auto. core/cmaes. core/assessImportance',
  'hypergradient/search hypergradient/hypergradientDescent checkpoints/resume. trainer/search/',
  'storage/hostileContent tuner/lineConnections datasets/textBombs datasets/parquetBombs parsers/ language/properties extension/strangersFolder',
  'integration/hostile integration/optunaHostile integration/optunaTunerDeath integration/tunerPopulations',
  'integration/panelPictures integration/panelDensity integration/panelBoard integration/tunerHostileOutput security/',
  'core/where/ordinal core/where/samplers core/where/quality core/living/ integration/editedStudies',
].flatMap((line) => line.split(' '));

/** The scenarios in VS Code that `npm test` has. */
const QUICK_WINDOWS = ['digits', 'optuna', 'hostileFolder', 'host'];

/** Files of `npm test` that leave some of their tests for later: those whose full names match. */
const SHARED = [
  'cutOffInterop',
  'debugTrial',
  'interop',
  'editedStudies',
  'killedStudies',
  'optunaSampler',
  'optunaScript',
  'optunaSteering',
  'sqliteProcesses',
  'storageProcesses',
  'workers',
];
const LATER_TESTS = /optuna4|PostgreSQL|MariaDB|Redis/;

/** `npm test`; what it leaves out; both. */
export type Selection = 'quick' | 'rest' | 'all';

/** Whether a selection has a test file, and if not all of its tests, which. */
export interface Share {
  readonly skip?: RegExp;
  readonly only?: RegExp;
}

/** `file`: a path in the repository, with slashes. Undefined: the selection has none of its tests. */
export function shareOf(file: string, selection: Selection): Share | undefined {
  if (selection === 'all') return {};
  const later = isLater(file);
  if (later) return selection === 'rest' ? {} : undefined;
  const isShared = SHARED.some((name) => file === `test/integration/${name}.test.ts`);
  if (selection === 'quick') return isShared ? { skip: LATER_TESTS } : {};
  return isShared ? { only: LATER_TESTS } : undefined;
}

function isLater(file: string): boolean {
  const window = /^test\/e2e\/(\w+)\.test\.ts$/.exec(file)?.[1];
  return window ? !QUICK_WINDOWS.includes(window) : LATER.some((part) => file.includes(part));
}
