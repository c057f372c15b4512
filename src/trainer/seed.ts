import { Random } from '../core/random.ts';

/** Where seeds are drawn for what was given none; Hugging Face's default until `setSeed`. */
let source = new Random(42, 0, 'seeds');

/** Hugging Face's set_seed: what `drawSeed` gives from now on is a function of this seed. Called before each `modelInit`. */
export function setSeed(seed: number): void {
  source = new Random(seed, 0, 'seeds');
}

/** A seed for new weights or anything else that is drawn and was given no seed of its own. */
export function drawSeed(): number {
  return source.integer(2 ** 31);
}
