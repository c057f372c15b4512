/**
 * A command line without a shell: split at blanks, quotes group, a backslash escapes outside single quotes (before a
 * quote, blank or backslash only, so that Windows paths survive). Returns null for an unclosed quote.
 */
export function splitCommandLine(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let index = 0; index < line.length; index++) {
    const char = line[index] as string;
    if (char === '\\' && quote !== "'" && /["'\s\\]/.test(line[index + 1] ?? '')) {
      word = (word ?? '') + line[++index];
    } else if (quote) {
      if (char === quote) quote = null;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (quote) return null;
  if (word !== null) words.push(word);
  return words;
}

/** A placeholder `{name}` in a template, with its place. `{{` and `}}` are literal braces and anything else is text. */
export interface Placeholder {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Parameter names allow what config keys and flags use: letters, digits, `_`, `.`, `-`, `/`. */
const TOKEN = /\{\{|\}\}|\{([\p{L}_][\p{L}\p{N}_./-]*)\}/gu;

export function placeholdersIn(template: string): Placeholder[] {
  const found: Placeholder[] = [];
  for (const match of template.matchAll(TOKEN)) {
    if (match[1] !== undefined) found.push({ name: match[1], start: match.index, end: match.index + match[0].length });
  }
  return found;
}

/** Fills in the placeholders; `valueFor` decides about each name. */
export function fillPlaceholders(template: string, valueFor: (name: string) => string): string {
  return template.replace(TOKEN, (token, name: string | undefined) => {
    if (name !== undefined) return valueFor(name);
    return token === '{{' ? '{' : '}';
  });
}

/** The words of a W&B sweep's command that stand for all of `wandb.config`, each in its own notation. */
const WANDB_MACROS: ReadonlySet<string> = new Set(
  [
    'args',
    'args_no_hyphens',
    'args_no_equals',
    'args_no_boolean_flags',
    'args_append_hydra',
    'args_override_hydra',
    'args_json',
    'args_json_file',
  ].map((name) => `\${${name}}`),
);

export function isWandbMacro(word: string): boolean {
  return WANDB_MACROS.has(word);
}

/** Whether a YAML text defines a W&B sweep and no study: it looks at the keys in the first column alone. */
export function isSweepText(text: string): boolean {
  const has = (key: RegExp) => key.test(text);
  return has(/^parameters[ \t]{0,9}:/m) && has(/^method[ \t]{0,9}:/m) && !has(/^(objective|space)[ \t]{0,9}:/m);
}

/** Whether a `module` is a file of JavaScript or TypeScript, whose export is the objective, and no module of Python. */
export function isModuleFile(module: string | undefined): boolean {
  return module !== undefined && /\.[cm]?[jt]s$/i.test(module);
}
