/** Typed arrays that grow by doubling. `view` is a window on the live buffer: take it again after a growth. */

type Column = Float64Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** Returns `column`, or a copy of at least `length` elements whose new part holds `fill`. */
export function ensureLength<T extends Column>(column: T, length: number, fill: number): T {
  if (column.length >= length) return column;
  const grown = new (column.constructor as new (length: number) => T)(Math.max(length, column.length * 2, 16));
  grown.set(column);
  if (fill !== 0) grown.fill(fill, column.length);
  return grown;
}
