import { Random } from '../../core/random.ts';

/** What is drawn next is a function of these. */
export interface SeedState {
  readonly seed: number;
  readonly draws: number;
}

/** Hugging Face's default until `setSeed`. */
let state: { seed: number; draws: number } = { seed: 42, draws: 0 };
let source = new Random(42, 0, 'seeds');

/** Hugging Face's set_seed: what `drawSeed` gives from now on is a function of this seed. Called before each `modelInit`. */
export function setSeed(seed: number): void {
  state = { seed, draws: 0 };
  source = new Random(seed, 0, 'seeds');
}

/** A seed for new weights or anything else that is drawn and was given no seed of its own. */
export function drawSeed(): number {
  state.draws++;
  return source.integer(2 ** 31);
}

export function seedState(): SeedState {
  return { ...state };
}

/** Goes on where `seedState` was taken. */
export function restoreSeeds({ seed, draws }: SeedState): void {
  setSeed(seed);
  while (state.draws < draws) drawSeed();
}
