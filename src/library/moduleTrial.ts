/**
 * The process of a trial whose objective is a JavaScript or TypeScript module: `moduleTrial FILE [ARGUMENT …]`. It imports
 * the module, calls what it exports with the trial, reports what that returns, and ends.
 */
import module from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TuneboardError } from '../core/errors.ts';
import { ProcessTrial, tunerOf } from './processTrial.ts';

/** A number: the objective. A list: one value an objective. By name: metrics. Nothing: what was reported counts. */
type Returned = number | readonly number[] | Readonly<Record<string, number>> | undefined | null;
type ObjectiveFunction = (trial: ProcessTrial) => Returned | Promise<Returned>;

async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const file = resolve(argv[2] ?? '');
  // The module sees itself as the program that was started.
  process.argv = [process.execPath, file, ...argv.slice(3)];
  stripTypesHere();
  const objective = objectiveOf(await import(pathToFileURL(file).href), file);
  const tuner = tunerOf(env);
  const trial = new ProcessTrial(tuner, env);
  try {
    await reportReturned(trial, await objective(trial));
  } catch (error) {
    if ((error as { name?: unknown } | null)?.name !== 'TrialPruned') throw error;
  } finally {
    tuner.close?.();
  }
}

function objectiveOf(exports: Readonly<Record<string, unknown>>, file: string): ObjectiveFunction {
  // A CommonJS module that was compiled from an ES module has its default within its default.
  const inner = exports['default'] as { readonly default?: unknown } | undefined;
  const found = [exports['objective'], inner, inner?.default].find((one) => typeof one === 'function');
  if (found) return found as ObjectiveFunction;
  const others = Object.keys(exports).filter((name) => name !== 'default' && name !== 'module.exports');
  const has = others.length > 0 ? ` It exports ${others.slice(0, 5).join(', ')}.` : '';
  throw new TuneboardError(
    'no-objective',
    `${basename(file)} exports no objective: write \`export default async (trial) => …\` that returns the value.${has}`,
  );
}

async function reportReturned(trial: ProcessTrial, returned: Returned): Promise<void> {
  if (returned === undefined || returned === null) return;
  if (typeof returned === 'number') {
    if (!Object.is(returned, trial.lastReport)) await trial.report(returned);
    return;
  }
  const values = Array.isArray(returned)
    ? byName(
        returned,
        trial.objectives.map(({ metric }) => metric),
      )
    : (returned as Readonly<Record<string, number>>);
  const wrong =
    typeof values === 'object' ? Object.entries(values).find(([, value]) => typeof value !== 'number') : [''];
  if (wrong) {
    const what = wrong[0] === '' ? `a ${typeof returned}` : `${wrong[0]} as a ${typeof wrong[1]}`;
    throw new TuneboardError('bad-value', `The objective returned ${what}: return a number.`);
  }
  await trial.report(values);
}

function byName(values: readonly number[], names: readonly string[]): Record<string, number> {
  if (values.length !== names.length) {
    const expected = `the study has ${names.length} (${names.join(', ')})`;
    throw new TuneboardError('bad-value', `The objective returned ${values.length} values, and ${expected}.`);
  }
  return Object.fromEntries(values.map((value, index) => [names[index] as string, value]));
}

/** A Node that runs no TypeScript by itself, as the editor's own: types are blanked as later versions do. */
function stripTypesHere(): void {
  if (process.features.typescript || !module.registerHooks) return;
  module.registerHooks({
    load(url, context, next) {
      if (!/^file:.*\.[cm]?ts$/.test(url) || url.includes('/node_modules/')) return next(url, context);
      const format = url.endsWith('.cts') || isCommonJs(url) ? 'commonjs' : 'module';
      const { source } = next(url, { ...context, format });
      return { format, source: module.stripTypeScriptTypes(String(source)), shortCircuit: true };
    },
  });
}

/** As Node decides for `.ts`: by the nearest package.json. */
function isCommonJs(url: string): boolean {
  if (url.endsWith('.mts')) return false;
  const found = module.findPackageJSON(url);
  if (found === undefined) return false;
  const { type } = module.createRequire(found)('./package.json') as { readonly type?: string };
  return type === 'commonjs';
}

/** A mistake in the module is told by its own frames; ours, and a line of a minified bundle, say nothing. */
function tell(error: unknown): string {
  if (error instanceof TuneboardError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const own = dirname(import.meta.filename);
  const lines = (error.stack ?? error.message).split('\n');
  return lines.filter((line) => !(line.trimStart().startsWith('at ') && line.includes(own))).join('\n');
}

main(process.argv, process.env).then(
  // What the module leaves running, a timer or a watcher, does not keep the trial from ending.
  () => process.stdout.write('', () => process.exit()),
  (error: unknown) => process.stderr.write(`${tell(error)}\n`, () => process.exit(1)),
);
