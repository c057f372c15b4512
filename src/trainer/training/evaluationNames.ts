/** A metric's name with the prefix that an evaluation gives it. */
export function evalName(name: string): string {
  return name.startsWith('eval_') ? name : `eval_${name}`;
}
