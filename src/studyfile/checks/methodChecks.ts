import { PRUNERS, type PrunerMethod, type PrunerType } from '../../core/pruners/prunerMethods.ts';
import { SAMPLERS, type SamplerMethod, type SamplerType } from '../../core/samplers/samplerMethods.ts';
import { SCHEDULERS } from '../../core/schedulers/schedulerMethods.ts';
import { closest } from '../../core/text/closest.ts';
import { snakeCase } from '../../core/text/letterCase.ts';
import type { Path } from '../editing/positions.ts';
import { valueAt } from '../schema/schemaProblems.ts';
import { asRecord, type Raw, type Report, typeOf } from './report.ts';

/** What a sampler needs of the space and the study. */
export function checkSampler(path: Path, file: Raw, report: Report): void {
  const type = typeOf(valueAt(file, path));
  if (type === undefined || !Object.hasOwn(SAMPLERS, type)) return;
  const method: SamplerMethod = SAMPLERS[type as SamplerType];
  const space = Object.entries(asRecord(file['space'])).map(([name, value]) => [name, asRecord(value)] as const);
  if (method.needsFiniteSpace) {
    for (const [name, parameter] of space) {
      if (parameter['type'] !== 'float' || parameter['step'] !== undefined) continue;
      report('finite-range', ['space', name], { name, type }, { part: 'key' });
    }
  }
  if (method.needsNumbers && space.length > 0 && space.every(([, parameter]) => parameter['type'] === 'categorical')) {
    report('needs-numbers', path, { type }, { severity: 'warning' });
  }
}

/** What a pruner needs of the study, and options that do not go together. */
export function checkPruner(path: Path, file: Raw, report: Report): void {
  const value = valueAt(file, path);
  const type = typeOf(value);
  if (type === undefined || !Object.hasOwn(PRUNERS, type)) return;
  const isMulti = Array.isArray(file['directions']) && file['directions'].length > 1;
  if (isMulti && type !== 'none') report('pruner-objectives', path);
  const method: PrunerMethod = PRUNERS[type as PrunerType];
  if (method.wraps === undefined) checkTogether(type, path, asRecord(value), report);
  else checkWrapped(method, method.wraps, path, asRecord(value), report);
}

/** A scheduler compares by one value, and breeds parameters of the space. */
export function checkScheduler(file: Raw, report: Report): void {
  const block = asRecord(file['scheduler']);
  if (file['scheduler'] === undefined) return;
  if (Array.isArray(file['directions']) && file['directions'].length > 1) report('scheduler-objectives', ['scheduler']);
  const pruner = typeOf(file['pruner']);
  if (pruner === 'hyperband' || pruner === 'successive_halving') report('two-schedulers', ['pruner'], { pruner });
  else if (pruner !== undefined && pruner !== 'none') {
    const scheduler = typeOf(file['scheduler']) ?? 'scheduler';
    report('pruner-beside-scheduler', ['pruner'], { pruner, scheduler }, { severity: 'warning' });
  }
  checkOrder('min_resource', 'max_resource', ['scheduler'], block, report);
  checkInterval(block, report);
  const mutations = block['hyperparam_mutations'];
  const known = Object.keys(asRecord(file['space']));
  for (const [index, name] of (Array.isArray(mutations) ? mutations : []).entries()) {
    if (typeof name !== 'string' || known.includes(name)) continue;
    report('unknown-mutation', ['scheduler', 'hyperparam_mutations', index], { name, known: known.join(', ') });
  }
}

/** Members of a population are compared, and copied, before their training ends. */
function checkInterval({ type, perturbation_interval: interval, max_resource: max }: Raw, report: Report): void {
  if (type !== 'pbt' && type !== 'pb2') return;
  const whole = max ?? SCHEDULERS[type].options.maxResource.default;
  if (typeof interval !== 'number' || typeof whole !== 'number' || interval < whole) return;
  report('never-copies', ['scheduler', 'perturbation_interval'], { interval, whole });
}

/** A pruner that wraps another may have that one's options besides its own, and no others. */
function checkWrapped(method: PrunerMethod, wraps: string, path: Path, block: Raw, report: Report): void {
  const wrapped = String(block[snakeCase(wraps)] ?? method.options[wraps]?.default);
  if (!Object.hasOwn(PRUNERS, wrapped)) return;
  const writtenOf = (one: PrunerMethod) => Object.keys(one.options).map(snakeCase);
  const inner = writtenOf(PRUNERS[wrapped as PrunerType]);
  const known = new Set([...writtenOf(method), ...inner, 'type']);
  for (const key of Object.keys(block)) {
    // A key that no pruner has was told of by the schema.
    if (known.has(key) || !Object.values(PRUNERS).some((one) => writtenOf(one).includes(key))) continue;
    const guess = closest(key, inner);
    if (inner.length === 0)
      report('no-options', [...path, key], { kind: 'pruner', type: wrapped, option: key }, { part: 'key' });
    else if (guess === null)
      report(
        'unknown-option',
        [...path, key],
        { kind: 'pruner', type: wrapped, option: key, known: inner.join(', ') },
        { part: 'key' },
      );
    else report('misspelt-key', [...path, key], { key, guess }, { part: 'key', replaceBy: guess });
  }
  checkTogether(wrapped, path, block, report);
}

function checkTogether(type: string, path: Path, block: Raw, report: Report): void {
  if (type === 'threshold' && block['lower'] === undefined && block['upper'] === undefined)
    report('threshold-bounds', path);
  if (type === 'threshold') checkOrder('lower', 'upper', path, block, report);
  if (type === 'hyperband') checkOrder('min_resource', 'max_resource', path, block, report);
  const resource = type === 'hyperband' ? 'max_resource' : 'min_resource';
  const bootstrap = block['bootstrap_count'];
  if (typeof bootstrap === 'number' && bootstrap > 0 && block[resource] === undefined) {
    report('bootstrap-resource', [...path, 'bootstrap_count'], { type, resource }, { part: 'key' });
  }
}

function checkOrder(low: string, high: string, path: Path, block: Raw, report: Report): void {
  const [lower, upper] = [block[low], block[high]];
  if (typeof lower !== 'number' || typeof upper !== 'number' || lower <= upper) return;
  report('bounds-order', [...path, low], { low, lower, high, upper });
}
