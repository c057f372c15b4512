import { TuneboardError } from '../../core/errors.ts';

/** How often each predicted class met each label. */
export interface Confusion {
  /** Labels and predictions that occur, ascending. */
  readonly classes: readonly number[];
  /** counts[label][prediction], by place in `classes`. */
  readonly counts: readonly (readonly number[])[];
  readonly total: number;
}

/** Throws `metrics` where there are not as many predictions as labels, or none. */
export function confusionOf(labels: ArrayLike<number>, predictions: ArrayLike<number>): Confusion {
  const total = labels.length;
  if (total === 0 || predictions.length !== total) {
    throw new TuneboardError(
      'metrics',
      `There are ${total} labels and ${predictions.length} predictions: give one of each for every row.`,
    );
  }
  const classes = [...new Set([...Array.from(labels), ...Array.from(predictions)])].sort((a, b) => a - b);
  const places = new Map(classes.map((one, place) => [one, place]));
  const counts = classes.map(() => classes.map(() => 0));
  for (let row = 0; row < total; row++) {
    const counted = counts[places.get(labels[row] as number) as number] as number[];
    const place = places.get(predictions[row] as number) as number;
    counted[place] = (counted[place] as number) + 1;
  }
  return { classes, counts, total };
}

/** Of each class: how many rows have it as label, as prediction, and as both. */
export function marginsOf({ classes, counts }: Confusion): { support: number; predicted: number; hits: number }[] {
  return classes.map((_, place) => ({
    support: sum(counts[place] as readonly number[]),
    predicted: sum(counts.map((row) => row[place] as number)),
    hits: counts[place]?.[place] as number,
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
