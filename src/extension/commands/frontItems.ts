import { paretoFront } from '../../core/fronts/paretoFront.ts';
import { Direction } from '../../core/study/states.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { parametersByWeight, valueFormat } from '../studies/studyInsight.ts';
import { formatParam } from '../window/numbers.ts';
import type { Translate } from '../window/words.ts';

/** Parameters that a line has room for. */
const SHOWN_PARAMS = 4;

/** One point of the Pareto front to choose from. */
interface FrontItem {
  /** The values of all objectives with their names. */
  readonly label: string;
  readonly description: string;
  /** The parameters that matter most. */
  readonly detail: string;
  readonly number: number;
}

/** The points of the front that have parameters, the best in the first objective first. */
export function frontItems(study: StudyEntry, t: Translate): FrontItem[] {
  const { history } = study;
  if (!history) return [];
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const names = parametersByWeight(history);
  return paretoFront(history)
    .filter((number) => history.paramNames(number).length > 0)
    .sort((a, b) => sign * (history.value(a) - history.value(b)) || a - b)
    .map((number) => {
      const values = history.directions.map(
        (_, objective) =>
          `${study.metricName(objective)} ${valueFormat(history, objective).format(history.value(number, objective))}`,
      );
      const params = names
        .filter((name) => history.param(number, name) !== undefined)
        .slice(0, SHOWN_PARAMS)
        .map(
          (name) => `${name} ${formatParam(history.param(number, name) ?? null, history.distribution(number, name))}`,
        );
      return { label: values.join('  '), description: t('trial', { number }), detail: params.join('  '), number };
    });
}
