/** The class with the largest logit in each row, the first of equal ones: NumPy's `argmax(predictions, axis=-1)`. */
export function argmax(predictions: readonly ArrayLike<number>[]): Int32Array {
  return Int32Array.from(predictions, (row) => {
    let best = 0;
    for (let at = 1; at < row.length; at++) if ((row[at] as number) > (row[best] as number)) best = at;
    return best;
  });
}
