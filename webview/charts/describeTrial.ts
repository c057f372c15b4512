import type { ValueFormat } from '../../src/core/text/numbers.ts';
import type { TrialModel } from '../model/model.ts';
import { shortState } from '../table/tableModel.ts';
import { formatClock, formatParameter, formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import type { TooltipLine } from '../ui/tooltip.ts';

const MOST_PARAMETERS = 8;

/** What hovering shows and a screen reader hears: number and state, values, parameters, time. */
export function describeTrial(
  model: TrialModel,
  number: number,
  metricNames: readonly string[],
  formats: readonly ValueFormat[],
  t: Translate,
): { title: string; lines: TooltipLine[] } {
  const lines: TooltipLine[] = [];
  metricNames.forEach((name, objective) => {
    const value = model.value(number, objective);
    if (!Number.isNaN(value)) lines.push({ name, text: formats[objective]?.format(value) ?? '' });
  });
  const { step, value } = model.curves.last(number);
  if (lines.length === 0 && model.curves.length(number) > 0) {
    const text = `${formatSignificant(value, 4)} ${t('atStep', { step })}`;
    lines.push({ name: t('lastValue', { metric: metricNames[0] ?? '' }), text });
  }
  let shown = 0;
  for (const parameter of model.parameters.values()) {
    const internal = model.parameter(number, parameter.name);
    if (Number.isNaN(internal) || shown++ >= MOST_PARAMETERS) continue;
    lines.push({ name: parameter.name, text: formatParameter(parameter, internal, 4) });
  }
  const duration = model.duration(number);
  if (!Number.isNaN(duration)) lines.push({ name: t('columnDuration'), text: formatClock(duration) });
  return { title: `${t('trialTitle', { number })} · ${t(shortState(model, number))}`, lines };
}
