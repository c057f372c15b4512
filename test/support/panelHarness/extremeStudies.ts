/** Studies at the edges of what a board has to draw. */
import type { PanelParameter } from '../../../src/protocol/panel.ts';
import { seededRandom } from '../seededRandom.ts';
import { snapshot, type TrialRow, trialRows } from './studies.ts';

type Snapshot = ReturnType<typeof snapshot>;

const HOSTILE = '<img src=x onerror=alert(1)> [x](command:run) $(zap) “quotes” `ticks` \u202e';

/** The same trials with other parameters. */
function withParameters(rows: readonly TrialRow[], parameters: readonly Omit<PanelParameter, 'values'>[]): Snapshot {
  const random = seededRandom(11);
  const made = snapshot(rows, { run: 'finished', canStop: false, etaMs: null });
  const drawn = ({ low, high, log, kind }: Omit<PanelParameter, 'values'>) => {
    const share = random();
    if (kind === 'float') return log ? low * (high / low) ** share : low + (high - low) * share;
    return Math.min(high, low + Math.floor((high - low + 1) * share));
  };
  const columns = parameters.map((parameter) => ({
    ...parameter,
    values: Float64Array.from(rows, () => drawn(parameter)),
  }));
  return { ...made, rows: { ...made.rows, parameters: columns } };
}

function all(state: number, value: (number: number) => number, count = 40): Snapshot {
  const rows = trialRows(count, 21).map((row, number) => ({ ...row, state, values: [value(number)] }));
  return snapshot(rows, { best: null, run: 'finished', canStop: false, etaMs: null });
}

export const EXTREME: Readonly<Record<string, () => Snapshot>> = {
  one: () => snapshot(trialRows(1, 4), { total: 50 }),
  five: () => snapshot(trialRows(5, 4), { total: 50 }),
  twoHundred: () => snapshot(trialRows(200, 4), { total: 240 }),
  sixtyParameters: () =>
    withParameters(
      trialRows(120, 4),
      Array.from({ length: 60 }, (_, place) => ({
        name: place === 0 ? HOSTILE : `model.block_${place}.attention.dropout_probability`,
        kind: place % 3 === 0 ? 'float' : place % 3 === 1 ? 'int' : 'categorical',
        log: place % 6 === 0,
        low: place % 3 === 2 ? 0 : 1,
        high: place % 3 === 2 ? 2 : 40,
        choices: place % 3 === 2 ? ['relu', 'gelu', HOSTILE] : null,
        step: place % 3 === 1 ? 1 : null,
      })),
    ),
  fiftyChoices: () =>
    withParameters(trialRows(200, 4), [
      {
        name: 'checkpoint',
        kind: 'categorical',
        log: false,
        low: 0,
        high: 49,
        choices: Array.from({ length: 50 }, (_, place) => `google/bert_uncased_L-${place}_H-768_A-12_very_long_name`),
        step: null,
      },
      { name: 'lr', kind: 'float', log: true, low: 1e-6, high: 1e-2, choices: null, step: null },
    ]),
  allFailed: () => all(3, () => Number.NaN),
  allPruned: () => all(2, (number) => 0.5 + number / 200),
  nanAndInfinite: () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, -1e30];
    const rows = trialRows(60, 4).map((row, number) =>
      number % 6 === 5 ? { ...row, state: 1, values: [odd[Math.floor(number / 6) % 5] as number] } : row,
    );
    return snapshot(rows, { run: 'finished', canStop: false, etaMs: null });
  },
};
