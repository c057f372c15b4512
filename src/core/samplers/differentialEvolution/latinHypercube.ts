import { Random, shuffle } from '../../random.ts';
import { toValue } from '../../space/distributionRules.ts';
import type { Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace } from '../../space/searchSpace.ts';
import { uniformInternal } from '../../space/unitInterval.ts';

/**
 * Random points of which, for every parameter, each lies in another one of as many equally likely parts (McKay, Beckman,
 * Conover 1979).
 */
export class LatinHypercube {
  readonly #seed: number;
  /** Part of each slot, by epoch, number of slots and parameter. */
  readonly #parts = new Map<string, Uint32Array>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The parameters for one slot of a hypercube (each `epoch` has its own); within its parts the trial's `number` decides. */
  draw(
    space: SearchSpace,
    { slot, of, number, epoch }: { slot: number; of: number; number: number; epoch: number },
    fixed: Params,
  ): Record<string, ParamValue> {
    const params: Record<string, ParamValue> = {};
    const chosen: Record<string, ParamValue> = { ...fixed };
    for (const parameter of space.parameters) {
      const { name, distribution } = parameter;
      if (Object.hasOwn(fixed, name) || !isActive(parameter, chosen)) continue;
      const part = this.#partsOf(name, of, epoch)[slot];
      const place = (part + new Random(this.#seed, number, name).uniform()) / of;
      chosen[name] = params[name] = toValue(distribution, uniformInternal(distribution, place));
    }
    return params;
  }

  #partsOf(name: string, count: number, epoch: number): Uint32Array {
    const key = `${epoch} ${count} ${name}`;
    let parts = this.#parts.get(key);
    if (!parts) {
      parts = Uint32Array.from({ length: count }, (_, part) => part);
      shuffle(parts, new Random(this.#seed, count, `latin ${epoch} ${name}`));
      this.#parts.set(key, parts);
    }
    return parts;
  }
}
