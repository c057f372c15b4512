/** An argument by name that a variable, or an entry of a dict, is given as. */
export interface CallUse {
  readonly callee: string;
  readonly keyword: string;
}

const MOST_OPEN = 200;

/**
 * Which calls of a Python text are given a variable by name: `learning_rate=LEARNING_RATE` in `GradientBoostingClassifier(…)`,
 * or all entries of a dict: `XGBClassifier(**PARAMS)`. The first call counts. A bracket within a string may hide a call.
 */
export class CallUses {
  readonly #variables = new Map<string, CallUse>();
  readonly #dicts = new Map<string, string>();

  constructor(text: string) {
    const open: string[] = [];
    const token =
      /\b([A-Za-z_][\w.]{0,99})\(|[()]|\b([A-Za-z_]\w{0,99})[ \t]{0,9}=[ \t]{0,9}([A-Za-z_]\w{0,99})\s{0,99}(?=[,)])|\*\*([A-Za-z_]\w{0,99})/g;
    for (const [found, opened, keyword, variable, dict] of text.matchAll(token)) {
      const callee = open.at(-1);
      if (found === ')') open.pop();
      else if (found.endsWith('(')) {
        if (open.length < MOST_OPEN) open.push(opened ?? '');
      } else if (!callee) continue;
      else if (dict !== undefined && !this.#dicts.has(dict)) this.#dicts.set(dict, callee);
      else if (keyword !== undefined && variable !== undefined && !this.#variables.has(variable))
        this.#variables.set(variable, { callee, keyword });
    }
  }

  /** Of the value at a path: `LEARNING_RATE` or `PARAMS.learning_rate`, in a function or not. */
  of(path: string): CallUse | null {
    const segments = path.split('.');
    const last = segments.at(-1) ?? '';
    const callee = this.#dicts.get(segments.at(-2) ?? '');
    return callee === undefined ? (this.#variables.get(last) ?? null) : { callee, keyword: last };
  }
}
