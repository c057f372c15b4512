import type { Document } from 'yaml';
import { HYPERPARAMETERS, isHyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import { isModuleFile, splitCommandLine } from '../commandLine.ts';
import { spanOf, wordAt } from '../editing/positions.ts';
import { type Say, type Sentence, sentenceIn } from '../say.ts';
import { checkPruner, checkSampler, checkScheduler } from './methodChecks.ts';
import { placeholderProblems } from './placeholderChecks.ts';
import type { StudyFileProblem } from './problems.ts';
import { asRecord, type Raw, type Report, type ReportOptions, typeOf } from './report.ts';
import { checkSpace } from './spaceChecks.ts';
import { checkStart } from './startChecks.ts';
import { checkTrainer } from './trainerChecks.ts';
import { whereProblems } from './whereChecks.ts';

/** Storages that other machines reach, as far as the file tells; a file only those that share it. */
const IS_SERVER = /^\$\{env:|^(postgres|mysql|mariadb|redis|grpc)\w*(\+\w+)?:\/\//i;

const IS_HERE = /^https?:\/\/(localhost|127\.|\[::1\])/i;

/** As sbatch has it: minutes, mm:ss, hh:mm:ss, d-hh, d-hh:mm, d-hh:mm:ss, or a word. */
const SLURM_TIME = /^(\d+(:\d{1,2}){0,2}|\d+-\d{1,2}(:\d{1,2}){0,2}|infinite|unlimited)$/i;

const COPIES = new Set(['pbt', 'pb2']);

/**
 * The rules that span several keys. Works on a file that the schema refuses too, so that everything wrong is found at
 * once; what the schema has said already is passed over here.
 */
export function checkStudyFile(document: Document, source: string, raw: unknown, say: Say): StudyFileProblem[] {
  const problems: StudyFileProblem[] = [];
  const report: Report = (code, path, ...[values, options]) => {
    const { part = 'value', severity = 'error', replaceBy }: ReportOptions = options ?? {};
    const message = sentenceIn(say, [code, values] as unknown as Sentence);
    const problem = { severity, code, message, ...spanOf(document, path, part) };
    if (replaceBy === undefined) return void problems.push(problem);
    const words = part === 'pair' ? replaceBy.split(': ') : [replaceBy];
    const newText = words.map((word) => wordAt(source, problem.start, word)).join(': ');
    problems.push({ ...problem, fix: { title: say('changeTo', { text: replaceBy }), newText } });
  };
  const file = asRecord(raw);
  const kind = asRecord(file['objective'])['optuna'] === undefined ? 'command' : 'optuna';
  checkMetrics(file, report);
  checkObjective(file, report);
  checkSpace(file, report);
  checkStart(file, report);
  checkStopWhen(file, report);
  checkTrainer(file, report);
  checkHypergradient(file, report);
  if (kind === 'optuna') {
    checkScriptKeys(file, report);
    checkPruner(['optuna', 'pruner'], file, report);
  } else {
    if (file['optuna'] !== undefined)
      report('foreign-key', ['optuna'], { key: 'optuna', kind: 'command' }, { part: 'key' });
    checkCommandSpace(file, report);
    problems.push(...placeholderProblems(document, source, file, say), ...whereProblems(document, source, file, say));
    checkSampler(['sampler'], file, report);
    checkPruner(['pruner'], file, report);
    checkScheduler(file, report);
  }
  checkStorage(file, report);
  checkExecutor(file, report);
  return problems;
}

function checkMetrics(file: Raw, report: Report): void {
  for (const [one, many] of [
    ['direction', 'directions'],
    ['metric', 'metrics'],
  ] as const) {
    if (file[one] !== undefined && file[many] !== undefined)
      report('both-keys', [many], { one, many }, { part: 'key' });
  }
  const directions = Array.isArray(file['directions']) ? file['directions'].length : 1;
  const metrics = Array.isArray(file['metrics']) ? file['metrics'].length : file['metric'] === undefined ? 0 : 1;
  const needs = metrics === 0 ? needsMetric(file) : undefined;
  if (needs !== undefined) report('missing-metric', [needs], { key: needs }, { part: 'key' });
  else if (metrics > 0 && metrics !== directions) {
    report('metric-count', [file['directions'] === undefined ? 'metrics' : 'directions'], { metrics, directions });
  }
  if (Array.isArray(file['metrics']) && new Set(file['metrics']).size < file['metrics'].length) {
    report('duplicate-metric', ['metrics']);
  }
}

/** The key without which the metric of a command may be left out: it is asked for once the command has run here, as it is. */
function needsMetric(file: Raw): string | undefined {
  const { command, module, optuna } = asRecord(file['objective']);
  const isPython = typeof module === 'string' && optuna === undefined && !isModuleFile(module);
  if (command === undefined && !isPython) return undefined;
  if (file['directions'] !== undefined) return 'directions';
  if (file['scheduler'] !== undefined) return 'scheduler';
  return ['ray', 'slurm'].includes(typeOf(file['executor']) ?? '') ? 'executor' : undefined;
}

/** How a program of Python is launched. */
const LAUNCH = ['python', 'cwd', 'args', 'env'];
/** Keys that mean nothing beside each kind of objective. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  command: ['attach'],
  module: ['attach', 'shell'],
  optuna: ['shell', 'config', 'timeout', 'wandb', 'search'],
  trainer: [...LAUNCH, 'attach', 'shell', 'config', 'wandb', 'search'],
};
const DOTTED_NAME = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u;

function checkObjective(file: Raw, report: Report): void {
  const objective = asRecord(file['objective']);
  if (Object.keys(objective).length === 0) return;
  const kinds = ['command', 'optuna', 'module', 'trainer'].filter((kind) => objective[kind] !== undefined);
  const isScript = kinds[0] === 'optuna' && kinds[1] === 'module';
  checkModule(objective, report);
  if (kinds.length === 0) report('no-objective', ['objective'], {}, { part: 'key' });
  if (kinds.length > (isScript ? 2 : 1)) {
    report('two-objectives', ['objective', kinds[1] as string], { kinds: kinds.join(', ') }, { part: 'key' });
  }
  for (const key of (FOREIGN[kinds[0] ?? ''] ?? []).filter((name) => objective[name] !== undefined)) {
    report('foreign-key', ['objective', key], { key, kind: kinds[0] as string }, { part: 'key' });
  }
  const { command } = objective;
  if (objective['args'] !== undefined && objective['shell'] === true) report('shell-arguments', ['objective', 'args']);
  if (objective['wandb'] !== undefined && objective['shell'] === true)
    report('wandb-shell', ['objective', 'shell'], {}, { part: 'key' });
  if (typeof command !== 'string' || objective['shell'] === true) return;
  if (splitCommandLine(command) === null) report('open-quote', ['objective', 'command']);
  else if (/(^|\s)(\||&&|\|\||>|<|;)(\s|$)/.test(command)) {
    report('shell-syntax', ['objective', 'command'], {}, { severity: 'warning' });
  }
}

function checkModule({ module, optuna }: Raw, report: Report): void {
  if (typeof module !== 'string') return;
  const place = ['objective', 'module'];
  if (isModuleFile(module)) {
    if (optuna !== undefined) report('script-module', place);
  } else if (!DOTTED_NAME.test(module)) {
    const dotted = module
      .replace(/\.py$/i, '')
      .replace(/^[./\\]+/, '')
      .replaceAll(/[/\\]+/g, '.');
    report('module-name', place, { module }, DOTTED_NAME.test(dotted) ? { replaceBy: dotted } : {});
  } else if (typeof optuna === 'string' && /\.ipynb$/i.test(optuna)) {
    report('notebook-module', place, {}, { part: 'key' });
  }
}

/** An Optuna script has its own space, sampler and pruner, and runs its trials itself. */
function checkStopWhen(file: Raw, report: Report): void {
  const isMulti = Array.isArray(file['directions']) && file['directions'].length > 1;
  if (isMulti && asRecord(file['stop_when'])['target'] !== undefined)
    report('target-needs-one', ['stop_when', 'target'], {}, { part: 'key' });
}

function checkScriptKeys(file: Raw, report: Report): void {
  for (const key of [
    'space',
    'where',
    'sampler',
    'pruner',
    'scheduler',
    'constraints',
    'parallel',
    'gpus',
    'stop_when',
    'learn_from',
    'direction',
    'directions',
    'storage',
  ]) {
    if (file[key] === undefined) continue;
    const code = key === 'sampler' || key === 'pruner' ? 'script-suggests' : 'script-decides';
    report(code, [key], { key }, { part: 'key', severity: 'warning' });
  }
}

function checkCommandSpace(file: Raw, report: Report): void {
  const { command, module, trainer } = asRecord(file['objective']);
  if ((command ?? module ?? trainer) === undefined || Object.keys(asRecord(file['space'])).length > 0) return;
  report('empty-space', [file['space'] === undefined ? 'objective' : 'space'], {}, { part: 'key' });
}

/** SQLite without a file. */
const NO_FILE = /^sqlite(\+\w+)?:\/\/(?!\/(?!:memory:)[^?])/i;

function checkStorage(file: Raw, report: Report): void {
  const { storage } = file;
  if (typeof storage !== 'string' || !NO_FILE.test(storage)) return;
  report('storage-kind', ['storage'], {}, { replaceBy: 'journal' });
}

/** What can be differentiated: the built-in trainer's validation loss after a training with AdamW. */
function checkHypergradient(file: Raw, report: Report): void {
  const objective = asRecord(file['objective']);
  if (typeOf(asRecord(file['optuna'])['sampler']) === 'hypergradient')
    report('hypergradient-objective', ['optuna', 'sampler']);
  if (typeOf(file['sampler']) !== 'hypergradient') return;
  if (objective['trainer'] === undefined) {
    report('hypergradient-objective', ['sampler']);
    return;
  }
  const trainer = asRecord(objective['trainer']);
  const isLoss = file['metric'] === 'eval_loss' && (file['direction'] ?? 'minimize') === 'minimize';
  if (!isLoss || trainer['objective_from'] === 'best') report('hypergradient-metric', ['sampler']);
  const space = Object.entries(asRecord(file['space']));
  if (!space.some(([name, range]) => isDifferentiable(name, asRecord(range)))) {
    report('hypergradient-space', ['sampler'], { names: [...HYPERPARAMETERS, 'lr_factor_…'].join(', ') });
  }
  const { optim, hypergradient_lr: online } = asRecord(trainer['args']);
  if (typeof online === 'number' && online > 0) {
    report('hypergradient-online', ['objective', 'trainer', 'args', 'hypergradient_lr']);
  }
  if (Object.hasOwn(asRecord(file['space']), 'hypergradient_lr')) {
    report('hypergradient-online', ['space', 'hypergradient_lr']);
  }
  if (typeof optim === 'string' && !optim.startsWith('adamw')) {
    report('hypergradient-optim', ['objective', 'trainer', 'args', 'optim'], {}, { replaceBy: 'adamw_torch' });
  }
}

function isDifferentiable(name: string, { type, step }: Raw): boolean {
  return isHyperparameter(name) && type === 'float' && step === undefined;
}

/** What a cluster needs of the rest of the study file. */
function checkExecutor(file: Raw, report: Report): void {
  const block = asRecord(file['executor']);
  const type = typeOf(file['executor']);
  if (type !== 'ray' && type !== 'slurm') return;
  if (asRecord(file['objective'])['optuna'] !== undefined) report('executor-script', ['executor'], {}, { part: 'key' });
  if (file['gpus'] !== undefined) {
    const instead = type === 'ray' ? 'entrypoint_num_gpus' : 'gres';
    report('executor-gpus', ['gpus'], { type, instead }, { part: 'key', severity: 'warning' });
  }
  const isElsewhere = type === 'ray' ? checkRay(block, report) : checkSlurm(block, report);
  if (!isElsewhere) return;
  const { storage } = file;
  if (typeof storage !== 'string' || !IS_SERVER.test(storage)) {
    const place = storage === undefined ? 'executor' : 'storage';
    report('executor-storage', [place], {}, { part: storage === undefined ? 'key' : 'value', severity: 'warning' });
  }
  const method = typeOf(file['scheduler']);
  if (method !== undefined && COPIES.has(method) && block['checkpoints'] === undefined) {
    report('executor-checkpoints', ['executor'], { method }, { part: 'key' });
  }
}

/** Whether its workers are on other machines, as far as the file tells. */
function checkRay(block: Raw, report: Report): boolean {
  const { address } = block;
  if (typeof address === 'string' && !/^https?:\/\//i.test(address)) {
    report('ray-address', ['executor', 'address'], { address });
  }
  const folder = asRecord(block['runtime_env'])['working_dir'];
  if (typeof folder === 'string' && /^[a-z][a-z0-9+]+:\/\//i.test(folder)) {
    report('ray-working-dir', ['executor', 'runtime_env', 'working_dir'], { folder });
  }
  return typeof address === 'string' && !IS_HERE.test(address);
}

function checkSlurm(block: Raw, report: Report): boolean {
  const { time, ssh } = block;
  if (typeof time === 'string' && !SLURM_TIME.test(time.trim())) report('slurm-time', ['executor', 'time'], { time });
  if (block['chdir'] !== undefined && ssh === undefined) {
    report('slurm-chdir', ['executor', 'chdir'], {}, { part: 'key', severity: 'warning' });
  }
  return ssh !== undefined;
}
