import { delimiter } from 'node:path';
import { TuneboardError } from '../../../core/errors.ts';
import type { Params, ParamValue } from '../../../core/space/distributions.ts';
import { shellWord } from '../../../core/text/shellWord.ts';
import { shellPlaces } from '../../../studyfile/checks/shellPlaces.ts';
import { fillPlaceholders, placeholdersIn } from '../../../studyfile/commandLine.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import type { Message } from '../../../words/message.ts';
import { pythonFolder } from '../../pythonFolder.ts';

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

/**
 * A whole command line for the shell: each value arrives as text where its placeholder stands, an inactive parameter as an
 * empty one. Throws `unquotable` where that cannot be.
 */
export function renderShellLine(
  template: string,
  values: PlaceholderValues,
  platform: NodeJS.Platform = process.platform,
): string {
  const text = (name: string) => (isInactive(name, values) ? '' : valueText(name, values));
  if (platform === 'win32') return fillPlaceholders(template, (name) => quoteForCmd(name, text(name), template));
  let line = '';
  let done = 0;
  const literal = (end: number) => fillPlaceholders(template.slice(done, end), () => '');
  for (const { name, start, end, place } of shellPlaces(template)) {
    line += literal(start);
    done = end;
    const value = text(name);
    if (value.includes('\0')) throw unquotable(name, tunerMessage('zeroCharacter'));
    if (place === 'refused') throw unquotable(name, tunerMessage('noQuotingThere'));
    if (place === 'single') line += value.replaceAll("'", "'\\''");
    else if (place === 'double') {
      // Else it would go on with the name of a variable.
      line += `${/\$\w+$/.test(line) ? '""' : ''}${value.replace(/[\\"$`]/g, '\\$&')}`;
    } else {
      // A number before a redirection, or a part of a variable's name or of braces, would mean something else.
      const isApart =
        /(?:^|[\s=/:.@%+-]|[;|&(]|["'])$/.test(line) && /^(?:$|[\s=/:.@%+;|&)"'-])/.test(template.slice(end));
      line += isApart ? shellWord(value) : `'${value.replaceAll("'", "'\\''")}'`;
    }
  }
  return line + literal(template.length);
}

function unquotable(name: string, why: Message): TuneboardError {
  const place = `{${name}}`;
  return new TuneboardError('unquotable', tunerMessage('cannotFilledLetProgramRead', { place, why }));
}

/** cmd.exe expands `%` and `!` also within quotes, and has no escape that every program's own parser reads. */
function quoteForCmd(name: string, value: string, template: string): string {
  if (/^[\w./:=@+,-]+$/.test(value)) return value;
  if (/["%!^\0\r\n]/.test(value) || template.includes('"')) {
    throw unquotable(name, tunerMessage('noQuotingInCmd'));
  }
  return `"${value.replace(/(?<!\\)\\+$/, '$&$&')}"`;
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
  const place = `{${name}}`;
  const literal = `{${place}}`;
  const known = [...names].map((one) => `{${one}}`).join(', ');
  throw new TuneboardError('unknown-placeholder', tunerMessage('notParameterStudyUseOne', { place, known, literal }));
}

/** A parameter as a command line writes it: numbers so that every language reads them, words as they are. */
export function argumentText(value: ParamValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null ? 'null' : JSON.stringify(value);
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment that a person's program starts from: their own, without what only concerns the tuner, plus what makes
 * Python print each line at once, in UTF-8.
 */
export function childEnvironment(env: Environment): Record<string, string> {
  const own = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isOurs(entry[0]),
  );
  const result: Record<string, string> = Object.fromEntries(own);
  result['PYTHONUNBUFFERED'] ??= '1';
  result['PYTHONIOENCODING'] ??= 'utf-8:replace';
  return result;
}

/** The same for the program of a command, which may `import tuneboard`. */
export function commandEnvironment(env: Environment): Record<string, string> {
  const result = childEnvironment(env);
  result['PYTHONPATH'] = [result['PYTHONPATH'], pythonFolder].filter(Boolean).join(delimiter);
  return result;
}

/** ELECTRON_RUN_AS_NODE would turn an editor that a program starts into Node; a NODE_CHANNEL is the launcher's. */
function isOurs(name: string): boolean {
  return name === 'ELECTRON_RUN_AS_NODE' || name.startsWith('NODE_CHANNEL_') || name.startsWith('TUNEBOARD_');
}
