/** Libraries that the bench compares with, as they are written before a colon. */
const LIBRARIES = ['optuna', 'rustuna', 'nevergrad', 'flaml', 'smac'] as const;

/** A sampler in a bench: one of ours by its type, or one of another library behind `library:`. */
export interface Contestant {
  /** As it was written, which is the name of its results too. */
  readonly name: string;
  readonly maker: 'ours' | (typeof LIBRARIES)[number];
  readonly type: string;
  readonly options: Readonly<Record<string, number | boolean | string>>;
  /** What follows `@`: results under a label are never measured anew because the code has changed. */
  readonly label: string | null;
}

const PATTERN = new RegExp(`^(?:(${LIBRARIES.join('|')}):)?([\\w-]+)(\\{.*\\})?(?:@([\\w.-]+))?$`);

/**
 * Reads `auto,gp{"noise":1e-3},auto@before,optuna:tpe{"multivariate":true}`. Throws for anything else.
 */
export function parseContestants(text: string): Contestant[] {
  return splitOutsideBraces(text).map((name) => {
    const match = PATTERN.exec(name);
    if (!match) throw new Error(`${name} names no sampler: write tpe, gp{"option":1}, tpe@label or optuna:tpe.`);
    const [, maker = 'ours', type = '', options = '{}', label = null] = match;
    return { name, maker: maker as Contestant['maker'], type, options: JSON.parse(options), label };
  });
}

/** Splits at the commas that lie outside braces. */
export function splitOutsideBraces(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '{') depth++;
    if (letter === '}') depth--;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
