import { failureGroups, type SharedCondition } from '../failures/failureGroups.ts';
import type { ParamValue } from '../space/distributions.ts';
import type { History } from '../study/history.ts';
import { Direction, TrialState } from '../study/states.ts';
import { pedAnova } from './pedAnova.ts';

/** What a study's trials say about one of its numbers. */
export interface ParameterNote {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** Value of the best trial. */
  readonly best: number;
  /** Share of the importance (PED-ANOVA); null while there are too few trials. */
  readonly importance: number | null;
  /** Value of the parameter and of the objective, of the newest complete trials. */
  readonly points: readonly (readonly [number, number])[];
  /** Where the best fifth of the trials lie. */
  readonly good: readonly [number, number] | null;
  /** At which end of the range the best trials crowd. */
  readonly edge: 'low' | 'high' | null;
  /** Beyond which value trials fail. */
  readonly fails: (SharedCondition & { readonly count: number }) | null;
}

const MOST_POINTS = 60;
/** Trials from which on something is said. */
const ENOUGH = 20;
const ENOUGH_FOR_IMPORTANCE = 50;
/** Part of the range that is its edge. */
const EDGE = 0.15;
const FAILURES = 5;

/** Notes on the numeric parameters of a study with one objective; none while it has no complete trial. */
export function parameterNotes(history: History): ParameterNote[] {
  const { best } = history;
  if (history.directions.length !== 1 || best === undefined) return [];
  const complete: number[] = [];
  for (let number = 0; number < history.length; number++) {
    if (history.states[number] === TrialState.complete && Number.isFinite(history.value(number))) complete.push(number);
  }
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const ranked = complete.toSorted((a, b) => sign * (history.value(a) - history.value(b)));
  const shares =
    complete.length < ENOUGH_FOR_IMPORTANCE
      ? null
      : new Map(pedAnova(history).map(({ name, importance }) => [name, importance]));
  const groups = failureGroups(history);
  return [...history.parameters.values()].flatMap((column): ParameterNote[] => {
    const { latest, name } = column;
    if (latest.type === 'categorical' || !column.has(best)) return [];
    const { low, high, log } = latest;
    const unit = (value: number) => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
    const own = (numbers: readonly number[]) =>
      numbers.filter((number) => column.has(number)).map((number) => column.internalAt(number));
    const good = own(ranked.slice(0, Math.max(3, Math.ceil(ranked.length / 5))));
    const crowd = own(ranked.slice(0, Math.max(3, Math.ceil(ranked.length / 10)))).map(unit);
    const isEnough = complete.length >= ENOUGH && high > low;
    const edge = !isEnough
      ? null
      : crowd.every((at) => at <= EDGE)
        ? 'low'
        : crowd.every((at) => at >= 1 - EDGE)
          ? 'high'
          : null;
    const failing = groups.find(
      ({ numbers, shared }) => numbers.length >= FAILURES && shared.some(({ parameter }) => parameter === name),
    );
    const condition = failing?.shared.find(({ parameter, operator }) => parameter === name && operator !== '=');
    return [
      {
        name,
        low,
        high,
        log,
        best: column.internalAt(best),
        importance: shares?.get(name) ?? null,
        points: complete
          .slice(-MOST_POINTS)
          .filter((number) => column.has(number))
          .map((number) => [column.internalAt(number), history.value(number)] as const),
        good:
          good.length > 0 && isEnough
            ? [good.reduce((a, b) => Math.min(a, b)), good.reduce((a, b) => Math.max(a, b))]
            : null,
        edge,
        fails: condition && failing ? { ...condition, count: failing.numbers.length } : null,
      },
    ];
  });
}

/** A range that has room beyond the edge at which the best trials crowd: a decade, or half the range. */
export function widened({ low, high, log, edge }: Pick<ParameterNote, 'low' | 'high' | 'log' | 'edge'>): ParamValue {
  const digits = (value: number) => Number(value.toPrecision(6));
  if (edge === 'high') return digits(log ? high * 10 : high + (high - low) / 2);
  return digits(log ? low / 10 : low - (high - low) / 2);
}
