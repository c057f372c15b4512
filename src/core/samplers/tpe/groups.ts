import type { SearchSpace, SpaceParameter } from '../../space/searchSpace.ts';

/** Parameters that are drawn together: active under the same condition. */
export interface Group {
  readonly key: string;
  readonly members: readonly SpaceParameter[];
  /** Names of members that conditions of other groups ask for. */
  readonly parents: readonly string[];
  /** Groups that depend on those, directly or not, in the order of the space. */
  readonly dependents: readonly Group[];
}

export interface GroupOptions {
  /** Put parameters together at all. */
  readonly multivariate: boolean;
  /** Put conditional parameters together with those of the same condition. */
  readonly group: boolean;
}

/** The groups of a space in the order of their first member. */
export function groupsOf(space: SearchSpace, { multivariate, group }: GroupOptions): Group[] {
  const members = new Map<string, SpaceParameter[]>();
  for (const parameter of space.parameters) {
    const together = multivariate && (group || !parameter.when);
    const key = together ? conditionKey(parameter) : `=${parameter.name}`;
    const known = members.get(key);
    if (known) known.push(parameter);
    else members.set(key, [parameter]);
  }
  const asked = new Set(space.parameters.flatMap(({ when = {} }) => Object.keys(when)));
  const groups: Group[] = [];
  // From the last to the first: dependents come later.
  for (const [key, own] of [...members].reverse()) {
    const names = new Set(own.map(({ name }) => name));
    const dependents: Group[] = [];
    for (const other of groups) {
      const isDependent = other.members.some(({ when = {} }) => Object.keys(when).some((name) => names.has(name)));
      if (!isDependent) continue;
      for (const name of other.members.flatMap((member) => member.name)) names.add(name);
      dependents.push(other);
    }
    const parents = own.map(({ name }) => name).filter((name) => asked.has(name));
    groups.unshift({ key, members: own, parents, dependents });
  }
  return groups;
}

function conditionKey({ when = {} }: SpaceParameter): string {
  const entries = Object.entries(when).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries.map(([name, values]) => [name, values.map((value) => JSON.stringify(value)).sort()]));
}
