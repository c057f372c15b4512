/**
 * The pseudo-random numbers that fix an instance of a BBOB function: Park and Miller's generator with a Bays–Durham table
 * of 32, normal numbers by Box and Muller (Hansen, Finck, Ros, Auger 2009, "Real-parameter black-box optimization
 * benchmarking: noiseless functions definitions", and the experimental set-up that goes with it).
 */

const MODULUS = 2147483647;

function stepped(state: number): number {
  return (state * 16807) % MODULUS;
}

/** Uniform in (0, 1). */
export function uniforms(count: number, seed: number): Float64Array {
  let state = Math.max(1, Math.abs(Math.trunc(seed)));
  const table = new Float64Array(32);
  for (let place = 39; place >= 0; place--) {
    state = stepped(state);
    if (place < 32) table[place] = state;
  }
  let last = table[0] as number;
  return Float64Array.from({ length: count }, () => {
    state = stepped(state);
    const place = Math.floor(last / 67108865);
    last = table[place] as number;
    table[place] = state;
    return Math.max(last / MODULUS, 1e-99);
  });
}

export function normals(count: number, seed: number): Float64Array {
  const draws = uniforms(2 * count, seed);
  return Float64Array.from({ length: count }, (_, index) => {
    const radius = Math.sqrt(-2 * Math.log(draws[index] as number));
    return radius * Math.cos(2 * Math.PI * (draws[count + index] as number)) || 1e-99;
  });
}

/** Normal numbers column by column, made orthonormal column by column; by rows. */
export function rotation(seed: number, size: number): Float64Array[] {
  const draws = normals(size * size, seed);
  const columns: Float64Array[] = [];
  for (let column = 0; column < size; column++) {
    // Entry (row, column) is draw number column · size + row of the flat list, read with rows first.
    const own = Float64Array.from({ length: size }, (_, row) => draws[column * size + row] as number);
    for (const earlier of columns) {
      let along = 0;
      for (let row = 0; row < size; row++) along += (own[row] as number) * (earlier[row] as number);
      for (let row = 0; row < size; row++) own[row] = (own[row] as number) - along * (earlier[row] as number);
    }
    const length = Math.sqrt(own.reduce((total, value) => total + value ** 2, 0));
    columns.push(own.map((value) => value / length));
  }
  return Array.from({ length: size }, (_, row) => Float64Array.from(columns, (column) => column[row] as number));
}

export function optimumPlace(seed: number, size: number): Float64Array {
  return uniforms(size, seed).map((draw) => (8 * Math.floor(1e4 * draw)) / 1e4 - 4 || -1e-5);
}

export function optimumValue(seed: number): number {
  const ratio = (normals(1, seed)[0] as number) / (normals(1, seed + 1)[0] as number);
  return Math.min(1000, Math.max(-1000, roundHalfUp(100 * 100 * ratio) / 100));
}

function roundHalfUp(value: number): number {
  return Math.floor(value + 0.5);
}
