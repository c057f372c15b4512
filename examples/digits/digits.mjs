import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The last quarter is for validation. It was written by other people than the rest, so it is a fair test. */
const TRAINING_SHARE = 0.75;

/**
 * 1,797 handwritten digits of 8×8 pixels, each pixel 0 to 16, here scaled to 0…1; one row is 64 pixels and the digit.
 * Where they come from: README.md.
 */
export function loadDigits() {
  const text = gunzipSync(readFileSync(new URL('digits.csv.gz', import.meta.url))).toString();
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  const pixels = rows.map((row) => Float64Array.from(row.slice(0, -1), (value) => value / 16));
  const labels = rows.map((row) => row.at(-1));
  const cut = Math.floor(rows.length * TRAINING_SHARE);
  return {
    training: { pixels: pixels.slice(0, cut), labels: labels.slice(0, cut) },
    validation: { pixels: pixels.slice(cut), labels: labels.slice(cut) },
  };
}
