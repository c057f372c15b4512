import { vanDerCorput } from '../tpe/thinning.ts';

/**
 * Which of many rows a model is conditioned on: half of the limit for the best (by the mean of their ranks in the objectives),
 * a quarter for the newest, the rest spread evenly over all by van der Corput's sequence. `numbers` are trial numbers,
 * ascending, `losses` one array an objective, NaN where there is none. Returns places, ascending.
 */
export function chooseRows(numbers: readonly number[], losses: readonly Float64Array[], limit: number): Int32Array {
  const count = numbers.length;
  const isChosen = new Uint8Array(count);
  let left = limit;
  const choose = (row: number) => {
    if (isChosen[row]) return;
    isChosen[row] = 1;
    left--;
  };
  for (const row of bestRows(losses, count, Math.floor(limit / 2))) choose(row);
  for (let row = count - 1; row >= count - Math.floor(limit / 4); row--) choose(row);
  const spread = Float64Array.from(numbers, (number) => vanDerCorput(number));
  const others = order(spread);
  for (let place = 0; left > 0 && place < count; place++) choose(others[place]);
  const rows = new Int32Array(limit - left);
  let next = 0;
  for (let row = 0; row < count; row++) if (isChosen[row]) rows[next++] = row;
  return rows;
}

function bestRows(losses: readonly Float64Array[], count: number, size: number): Uint32Array {
  const clean = losses.map((column) => column.map((loss) => (Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss)));
  if (clean.length === 1) return order(clean[0]).subarray(0, size);
  const ranks = new Float64Array(count);
  for (const column of clean) {
    for (const [rank, row] of order(column).entries()) ranks[row] = ranks[row] + rank;
  }
  return order(ranks).subarray(0, size);
}

/** Places in ascending order of value, the first of equals first. */
function order(values: Float64Array): Uint32Array {
  const places = Uint32Array.from(values.keys());
  return places.sort((a, b) => {
    const x = values[a];
    const y = values[b];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
}
