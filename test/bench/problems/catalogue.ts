import { bbobEntries } from './bbob.ts';
import { classicEntries } from './classic.ts';
import { learners, tree } from './conditionalFamilies.ts';
import { forest, nets } from './heldFamilies.ts';
import { corner, mixed, tabular } from './mixed.ts';
import { failing, noisy, smooth, sparse } from './numeric.ts';
import { paretoEntries } from './pareto.ts';
import type { Problem, ProblemEntry } from './problem.ts';
import { surrogateEntries } from './surrogates.ts';
import { tableEntries } from './tables.ts';

const GENERATED: Readonly<Record<string, (instance: number) => Problem>> = {
  smooth,
  noisy,
  sparse,
  failing,
  mixed,
  tabular,
  corner,
  tree,
  learners,
};

/** Families that no development instance exists of. */
const SET_ASIDE: Readonly<Record<string, (instance: number) => Problem>> = { nets, forest };

const DEVELOPMENT = [0, 1, 2, 3];
/** Noise makes single problems tell little: there are more of them. */
const NOISY_DEVELOPMENT = [...DEVELOPMENT, 4, 5, 6, 7, 8, 9];
const QUICK = new Set([0, 1]);
/** Instances that are set aside. */
const HELD = [100, 101, 102, 103];

/** All problems that can be made here, those that are set aside included. */
export function catalogue(): ProblemEntry[] {
  const entries = [...classicEntries(), ...bbobEntries(), ...tableEntries(), ...surrogateEntries(), ...paretoEntries()];
  for (const [family, make] of Object.entries(GENERATED)) {
    const development = family === 'noisy' ? NOISY_DEVELOPMENT : DEVELOPMENT;
    for (const instance of [...development, ...HELD]) entries.push(generated(family, instance, make));
  }
  for (const [family, make] of Object.entries(SET_ASIDE)) {
    for (const instance of HELD) entries.push(generated(family, instance, make));
  }
  return entries;
}

function generated(family: string, instance: number, make: (instance: number) => Problem): ProblemEntry {
  return {
    name: `${family}/${instance}`,
    family,
    held: HELD.includes(instance),
    quick: QUICK.has(instance),
    make: () => make(instance),
  };
}

/**
 * The problems that a pattern names: `dev` (all with one objective), `quick`, a family, `family/name`, `*` for any
 * text; several after commas. Those set aside only with `held`, and then only they.
 */
export function selected(pattern: string, held: boolean): ProblemEntry[] {
  const tests = pattern.split(',').map((one) => testOf(one.trim()));
  return catalogue().filter((entry) => entry.held === held && tests.some((test) => test(entry)));
}

function testOf(pattern: string): (entry: ProblemEntry) => boolean {
  // Several objectives have a score of another kind, so they are a comparison of their own.
  if (pattern === 'dev') return ({ family }) => family !== 'pareto';
  if (pattern === 'quick') return ({ quick }) => quick;
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  const expression = new RegExp(`^${escaped}(/.*)?$`);
  return ({ name }) => expression.test(name);
}
