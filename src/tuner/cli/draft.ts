import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Direction } from '../../core/study/states.ts';
import type { LaunchPlace } from '../../language/launching/rawLaunch.ts';
import { sayIn } from '../../language/say.ts';
import type { DraftStudyFile, DraftStudyFileParams } from '../../protocol/editor.ts';
import { readerInside } from '../../runs/readInside.ts';
import { parseStudyFile } from '../../studyfile/parseStudyFile.ts';
import type { OptunaObjective, StudyFile } from '../../studyfile/studyFile.ts';
import { foldersUpwards } from '../objective/launch/environments.ts';
import { print, printJson } from '../render/print.ts';
import { EXIT, type ExitCode, UsageError } from './exitCodes.ts';

export interface DraftCommandOptions {
  /** Prints the draft as JSON and writes nothing. */
  readonly json?: boolean;
  /** Prints the study file and writes nothing. */
  readonly stdout?: boolean;
  /** With `json`: the standard input has what a terminal has seen of the command, a {@link TerminalCommand}. */
  readonly terminal?: boolean;
}

/** How a script is run. */
export interface RunWish {
  /** The arguments that it is always given; with them it is looked for nowhere how it is run. */
  readonly given: readonly string[];
  /** Name of the debug configuration, target or script that runs it; false: none; undefined: the best one. */
  readonly launch?: string | false;
}

const LANGUAGES: Readonly<Record<string, string>> = {
  '.py': 'python',
  '.ipynb': 'python',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.cfg': 'ini',
  '.r': 'r',
  '.jl': 'julia',
  '.sh': 'shellscript',
};

/** What is read beside a script is source text and settings, none of it longer. */
const MOST_BYTES = 2 ** 20;

/** `tuneboard draft FILE -- ARGUMENTS`: the study file that a script would get, written beside it or printed. */
export async function draftCommand(path: string, wish: RunWish, options: DraftCommandOptions): Promise<ExitCode> {
  const script = resolve(path);
  if (options.terminal) return draftOfTerminal(script);
  const params = await paramsOf(script, wish);
  const draft = await draftOf(script, params);
  if (draft.text === null)
    throw new UsageError(`${path} runs an Optuna study itself: "tuneboard run ${path}" runs it.`);
  if (draft.kind === 'plain' || (draft.why !== undefined && draft.kind !== 'optuna'))
    throw new UsageError(
      draft.why ?? `${path} has no hyperparameter that Tuneboard knows: write its study file by hand.`,
    );
  if (options.stdout && !options.json) print(draft.text.trimEnd().split('\n'));
  else {
    const said = await describe(draft, script, params);
    if (options.json) printJson(JSON.stringify(said));
    else {
      write(said.studyFile, draft.text);
      print(summary(said));
    }
  }
  return EXIT.done;
}

/** The draft of a command that ran in a terminal of the window, with the candidates for its metric. */
async function draftOfTerminal(script: string): Promise<ExitCode> {
  const { terminalDraft } = await import('./draftTerminal.ts');
  const { params, candidates, isClear, locale } = await terminalDraft(script);
  const draft = await draftOf(script, params, locale);
  printJson(JSON.stringify({ ...draft, candidates, isClear }));
  return EXIT.done;
}

/**
 * The file that `tuneboard run FILE` runs: of a script that runs no Optuna study itself the study file beside it, which is
 * drafted where there is none; else the file itself.
 */
export async function studyFileToRun(
  path: string,
  wish: RunWish,
): Promise<{ readonly path: string; readonly isDrafted?: true }> {
  const { given } = wish;
  const script = resolve(path);
  const language = LANGUAGES[extname(script).toLowerCase()];
  if (language === undefined || language === 'yaml' || language === 'ini' || !isFile(script)) {
    if (given.length > 0)
      throw new UsageError(
        'What follows -- is for a script without a study file: write it into the command of the study file.',
      );
    return { path };
  }
  const params = await paramsOf(script, wish);
  const draft = await draftOf(script, params);
  if (draft.text === null || draft.kind === 'plain' || draft.why !== undefined) {
    if (given.length > 0)
      throw new UsageError(`Tuneboard cannot give ${path} arguments: write a study file with its command.`);
    return { path };
  }
  const studyFile = placeOf(script);
  if (isFile(studyFile)) {
    if (given.length > 0)
      throw new UsageError(`${shown(studyFile)} is there already: write what follows -- into its command.`);
    return { path: studyFile };
  }
  write(studyFile, draft.text);
  print(summary(await describe(draft, script, params)));
  return { path: studyFile, isDrafted: true };
}

async function draftOf(
  script: string,
  params: Partial<DraftStudyFileParams>,
  locale?: string,
): Promise<DraftStudyFile> {
  if (!isFile(script)) throw new UsageError(`There is no file ${script}.`);
  const languageId = LANGUAGES[extname(script).toLowerCase()];
  if (languageId === undefined)
    throw new UsageError(`${shown(script)} is no script that Tuneboard reads: write its study file by hand.`);
  const { draftStudyFile } = await import('../../language/door.ts');
  const own = {
    uri: pathToFileURL(script).href,
    languageId,
    text: readFileSync(script, 'utf8'),
    scriptPath: basename(script),
  };
  return draftStudyFile({ ...own, ...params }, sayIn(locale), (path) => readBeside(dirname(script), path));
}

/** What is said, else what the files of the project say. */
async function paramsOf(script: string, { given, launch: name }: RunWish): Promise<Partial<DraftStudyFileParams>> {
  if (given.length > 0 || name === false) return { given };
  const { findLaunches, platformName } = await import('../../language/door.ts');
  const found = findLaunches(workspacePlace(script, platformName(process.platform)));
  const launch = name === undefined ? found[0] : found.find((one) => one.name === name);
  if (name !== undefined && !launch) {
    const names = found.map((one) => `"${one.name}"`).join(', ');
    throw new UsageError(`Nothing called "${name}" runs ${shown(script)}${names ? `: there are ${names}` : ''}.`);
  }
  const others = found.filter((one) => one !== launch).map((one) => `"${one.name}" in ${one.file}`);
  return launch ? { launch, others } : {};
}

/** The project of a script: its repository, else the current folder, else its own. */
function workspacePlace(script: string, platform: LaunchPlace['platform']): LaunchPlace {
  const folders = foldersUpwards(dirname(script));
  const top = folders.at(-1) ?? dirname(script);
  const isRepository = existsSync(join(top, '.git'));
  const root = isRepository ? top : folders.includes(process.cwd()) ? process.cwd() : dirname(script);
  return {
    script: relative(root, script).replaceAll('\\', '/'),
    root: root.replaceAll('\\', '/'),
    read: readerInside(root),
    platform,
  };
}

function readBeside(folder: string, path: string): string | null {
  const place = join(folder, path);
  const found = statSync(place, { throwIfNoEntry: false });
  return found?.isFile() && found.size <= MOST_BYTES ? readFileSync(place, 'utf8') : null;
}

/** What `--json` prints; docs/reference names each key. */
interface DraftDescription {
  readonly version: 1;
  readonly studyFile: string;
  readonly folder: string;
  readonly command: string;
  /** Variables that the launch sets. */
  readonly env: Readonly<Record<string, string>>;
  /** Null where the first run has to show it. */
  readonly metric: string | null;
  readonly direction: 'minimize' | 'maximize' | null;
  /** All names that the source seems to print. */
  readonly metrics: readonly string[];
  readonly space: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly start: StudyFile['start'];
  readonly check: readonly string[];
  /** Where the command comes from, what other ways there are to run the script, and what is left out of it. */
  readonly notes: readonly string[];
  readonly text: string;
}

async function describe(
  draft: DraftStudyFile,
  script: string,
  { given = [], launch, others = [] }: Partial<DraftStudyFileParams>,
): Promise<DraftDescription> {
  const { launchNotes } = await import('../../language/door.ts');
  const notes = launch ? launchNotes(launch, others, sayIn(undefined)) : [];
  const text = draft.text ?? '';
  const { file } = parseStudyFile(text);
  if (file?.objective.kind === 'optuna') return describeOptuna({ draft, script, notes }, file.objective);
  if (file?.objective.kind !== 'command')
    throw new UsageError(`The draft for ${shown(script)} cannot be read: write its study file by hand.`);
  const { guessMetric } = await import('../../language/door.ts');
  const metric = file.metrics[0] ?? null;
  const space = file.space.parameters.map(({ name, distribution }) => {
    const at = file.sites.get(name);
    return [
      name,
      { ...distribution, ...(at === undefined ? {} : { at }) } as Readonly<Record<string, unknown>>,
    ] as const;
  });
  return {
    version: 1,
    studyFile: placeOf(script),
    folder: resolve(dirname(script), file.objective.cwd),
    env: file.objective.env,
    command: /^ {2}command: (.*)$/m.exec(text)?.[1] ?? [...file.objective.argv, ...given].join(' '),
    metric,
    direction: metric === null ? null : file.directions[0] === Direction.maximize ? 'maximize' : 'minimize',
    metrics: guessMetric(readFileSync(script, 'utf8'))?.seen ?? [],
    space: Object.fromEntries(space),
    start: file.start,
    check: draft.check,
    notes,
    text,
  };
}

function describeOptuna(
  {
    draft,
    script,
    notes,
  }: { readonly draft: DraftStudyFile; readonly script: string; readonly notes: readonly string[] },
  { args, module, cwd, env }: OptunaObjective,
): DraftDescription {
  const words = ['python', ...(module === null ? [basename(script)] : ['-m', module]), ...args];
  const folder = resolve(dirname(script), cwd ?? '.');
  const none = { metric: null, direction: null, metrics: [], space: {}, start: [], check: draft.check, notes };
  return {
    version: 1,
    studyFile: placeOf(script),
    folder,
    env,
    command: words.join(' '),
    ...none,
    text: draft.text ?? '',
  };
}

function summary({
  studyFile,
  folder,
  env,
  text,
  notes,
  command,
  metric,
  direction,
  space,
  start,
  check,
}: DraftDescription): string[] {
  const names = Object.keys(space);
  const width = Math.max(0, ...names.map(({ length }) => length));
  const values = start[0] ?? {};
  return [
    `Drafted ${shown(studyFile)}`,
    `  command  ${command}`,
    ...(folder === dirname(studyFile) ? [] : [`  folder   ${shown(folder) || '.'}`]),
    ...Object.entries(env).map(([key, value]) => `  env      ${key}=${value}`),
    ...(/^ {2}optuna: /m.test(text)
      ? []
      : [`  metric   ${metric === null ? 'asked for after the first run' : `${metric} (${direction})`}`]),
    ...names.map((name) => {
      const { at } = space[name] ?? {};
      const value = values[name] === undefined ? '' : ` from ${JSON.stringify(values[name])}`;
      return `  ${name.padEnd(width)}  ${rangeText(space[name] ?? {})}${value}${at === undefined ? '' : `  ${at}`}`;
    }),
    ...check,
    ...notes,
  ];
}

function rangeText({ low, high, choices }: Readonly<Record<string, unknown>>): string {
  return Array.isArray(choices) ? choices.map((choice) => JSON.stringify(choice)).join(' | ') : `${low} … ${high}`;
}

function placeOf(script: string): string {
  return script.replace(/\.[^./\\]+$/, '.study.yaml');
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UsageError(`${shown(path)} is there already: delete it for a new draft, or add --stdout to see one.`);
  }
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
