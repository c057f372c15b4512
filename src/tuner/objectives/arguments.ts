import { TuneboardError } from '../../core/errors.ts';
import type { Params, ParamValue } from '../../core/space/distributions.ts';
import { fillPlaceholders, placeholdersIn } from '../../studyfile/commandLine.ts';

/** What `{placeholders}` may name in one trial. */
export interface PlaceholderValues {
  readonly params: Params;
  /** Every parameter of the space: one that is not in `params` is inactive in this trial. */
  readonly names: ReadonlySet<string>;
  /** Path of the rendered config file, null when the study has none. */
  readonly config: string | null;
}

/**
 * Program and arguments of one trial. An argument that names an inactive parameter is left out, and so is the flag
 * right before it (`--momentum {momentum}`): the program then uses its own default. So is an argument that is a
 * placeholder alone and has an empty text for its value, unless it is a flag's: a switch is the choice of `--amp` and "".
 */
export function renderArguments(template: readonly string[], values: PlaceholderValues): string[] {
  const rendered: string[] = [];
  for (const [index, argument] of template.entries()) {
    if (placeholdersIn(argument).some(({ name }) => isInactive(name, values))) {
      const before = template[index - 1];
      if (argument.startsWith('{') && before !== undefined && isPlainFlag(before)) rendered.pop();
      continue;
    }
    const filled = fillPlaceholders(argument, (name) => valueText(name, values));
    const before = template[index - 1];
    if (filled !== '' || argument === '' || (before !== undefined && isPlainFlag(before))) rendered.push(filled);
  }
  return rendered;
}

/** A whole command line for the shell; every value is one word, an inactive parameter an empty one. */
export function renderShellLine(template: string, values: PlaceholderValues): string {
  return fillPlaceholders(template, (name) => quoteForShell(isInactive(name, values) ? '' : valueText(name, values)));
}

/** A config file. An inactive parameter is `null`, which YAML, JSON and most others read as "not set". */
export function renderConfig(template: string, values: PlaceholderValues): string {
  return fillPlaceholders(template, (name) => (isInactive(name, values) ? 'null' : valueText(name, values)));
}

function isPlainFlag(argument: string): boolean {
  return argument.startsWith('-') && !argument.includes('=') && placeholdersIn(argument).length === 0;
}

function isInactive(name: string, values: PlaceholderValues): boolean {
  return values.names.has(name) && !Object.hasOwn(values.params, name);
}

function valueText(name: string, { params, names, config }: PlaceholderValues): string {
  if (Object.hasOwn(params, name)) return argumentText(params[name] as ParamValue);
  if (name === 'config' && config !== null) return config;
  throw new TuneboardError(
    'unknown-placeholder',
    `{${name}} is not a parameter of this study: use one of ${[...names].map((known) => `{${known}}`).join(', ')}, or write {{${name}}} for the text itself.`,
  );
}

/** A parameter as a command line writes it: numbers so that every language reads them, words as they are. */
export function argumentText(value: ParamValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null ? 'null' : JSON.stringify(value);
}

/** One word for the shell that `shell: true` uses: sh, or cmd.exe on Windows. */
export function quoteForShell(text: string, platform: NodeJS.Platform = process.platform): string {
  if (/^[\w./:=@+,-]+$/.test(text)) return text;
  return platform === 'win32' ? `"${text.replaceAll('"', '""')}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
