import type { DraftStudyFile, DraftStudyFileParams } from '../../protocol/editor.ts';
import type { Launch } from '../../protocol/launch.ts';
import { isSweepText } from '../../studyfile/commandLine.ts';
import { sweepStudyOf } from '../../studyfile/sweep/sweepFile.ts';
import type { CodeFile } from '../insertion/sites.ts';
import { saysSomething } from '../launching/findLaunches.ts';
import { openCodeFile } from '../openCodeFile.ts';
import { PythonFile } from '../python/pythonFile.ts';
import { type Say, sayIn } from '../say.ts';
import type { ReadBeside } from './arguments/hydraArguments.ts';
import { argparseArguments } from './arguments/pythonArguments.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './arguments/scriptArgument.ts';
import { scriptArguments } from './arguments/scriptArguments.ts';
import { draftSites, readFiles } from './draftSites.ts';
import { givenArguments, inline, isFlagOf, launchKeys } from './launchedCommand.ts';
import { NO_RECIPES, recipeOfFile, recipesOfScript } from './matchRecipes.ts';
import { proposeArgument } from './proposeArgument.ts';
import { searchDraft } from './searches/searchDraft.ts';
import { wordsOf } from './tunable.ts';
import { basename, Draft, launchNotes } from './writeDraft.ts';

/**
 * A study file for a script that has none, from the arguments that its source declares, else from the values that stand
 * in it and in the modules and configuration files of the workspace that it names; nothing is run. An Optuna script needs
 * no study file and gets none. `readBeside` is asked for those files.
 */
export function draftStudyFile(
  params: DraftStudyFileParams,
  say: Say = sayIn(undefined),
  readBeside: ReadBeside = () => null,
): DraftStudyFile {
  if (params.languageId === 'yaml' || params.languageId === 'ini') return configDraft(params, say);
  const isNotebook = /\.ipynb$/i.test(params.scriptPath);
  const text = isNotebook ? notebookCode(params.text) : params.text;
  const languageId = isNotebook ? 'python' : params.languageId;
  const file = openCodeFile(languageId, text);
  const { launch } = params;
  if (isOptunaScript(file)) return optunaDraft(params, say);
  const search = file instanceof PythonFile && !isNotebook ? searchDraft(file, params, say) : null;
  if (search) return search;
  const own = isNotebook ? NO_ARGUMENTS : scriptArguments(file, readBeside);
  const beyond = own.arguments.length === 0 && !isNotebook && file instanceof PythonFile;
  const read = beyond ? importedArguments({ ...params, text }, readBeside) : own;
  const declared = withoutGiven(read, params.given ?? []);
  const given = launch && givenArguments(declared, launch.args);
  const script = given?.script ?? declared;
  const beside = new Set(script.arguments.map(({ name }) => wordsOf(name)));
  const recipes = languageId === 'python' ? recipesOfScript(text) : NO_RECIPES;
  const entries = script.arguments.map((argument) => ({
    argument,
    proposal: proposeArgument(argument, beside, recipes),
  }));
  const hasParameters = entries.some(({ proposal }) => proposal.type === 'parameter');
  const sites = draftSites({ ...params, languageId, text }, readBeside, recipes, hasParameters ? beside : null);
  const draft = new Draft(
    { ...params, languageId, text, parts: given?.parts ?? [] },
    { script, entries, sites, recipes },
    say,
  );
  const made = { text: draft.text(), check: draft.checks() };
  if (hasParameters) return { kind: 'arguments', ...made };
  const why = hasOnlyObjective(file)
    ? { why: say('noStudyOfObjective', { scriptPath: basename(params.scriptPath) }) }
    : {};
  if (sites.length > 0 && why.why === undefined) return { kind: 'sites', ...made };
  return { kind: script.arguments.length > 0 ? 'arguments' : 'plain', ...made, ...why };
}

/** An Optuna script needs a study file only where it is run in another way than by its path. */
function optunaDraft({ launch, scriptPath, others = [] }: DraftStudyFileParams, say: Say): DraftStudyFile {
  if (!launch || !saysSomething(launch) || !isPlainPython(launch)) return { kind: 'optuna', text: null, check: [] };
  const { args, module, env, cwd, python } = launch;
  const lines = [
    `# ${say('draftHead', { script: basename(scriptPath).replace(/\s+/g, ' ') })}`,
    ...launchNotes(launch, others, say).map((note) => `# ${note}`),
    'objective:',
    `  optuna: ${inline(scriptPath)}`,
    ...(module === null ? [] : [`  module: ${inline(module)}`]),
    ...(args.length === 0 ? [] : [`  args: ${inline(args)}`]),
    ...launchKeys({ ...launch, args, module, env, cwd, python, isShell: false }),
  ];
  return { kind: 'optuna', text: `${lines.join('\n')}\n`, check: [] };
}

/** A launcher or a runner starts processes of its own: an Optuna script is started by its interpreter. */
function isPlainPython({ before, isShell }: Launch): boolean {
  return before.length === 1 && /(^|[\\/])(python[\d.]*|py)(\.exe)?$/i.test(before[0] ?? '') && !isShell;
}

/** A configuration file is drafted where it is known which program reads it: as a W&B sweep, or by a recipe. */
function configDraft(params: DraftStudyFileParams, say: Say): DraftStudyFile {
  const { text, scriptPath } = params;
  const known = isSweepText(text) ? null : recipeOfFile(text);
  if (known) {
    const sites = draftSites(params, () => null, known.recipes);
    const read = { script: NO_ARGUMENTS, entries: [], sites, recipes: known.recipes };
    const draft = new Draft({ ...params, parts: [], command: known.command }, read, say);
    return { kind: 'sites', text: draft.text(), check: draft.checks() };
  }
  if (!isSweepText(text)) return { kind: 'plain', text: '', check: [], why: say('noSweep', { scriptPath }) };
  const sweep = sweepStudyOf(text, { fileName: basename(scriptPath) });
  const [problem] = sweep.problems;
  return { kind: 'arguments', text: sweep.text ?? '', check: sweep.notes, ...(problem && { why: problem.message }) };
}

/** The arguments that the person has not given already. */
function withoutGiven(script: ScriptArguments, given: readonly string[]): ScriptArguments {
  if (given.length === 0) return script;
  const flags = new Set(given.map((word) => word.split('=')[0]?.replaceAll('_', '-')));
  const isGiven = (argument: ScriptArgument) =>
    argument.isAssigned
      ? flags.has(argument.name.replaceAll('_', '-'))
      : [...flags].some((flag) => flag && isFlagOf(argument, flag));
  // What is given without a flag goes by place.
  const places = given.filter((word, at) => !word.startsWith('-') && !given[at - 1]?.startsWith('--')).length;
  const byPlace = script.arguments.filter(({ flag, isAssigned }) => flag === null && !isAssigned).slice(0, places);
  return { ...script, arguments: script.arguments.filter((one) => !isGiven(one) && !byPlace.includes(one)) };
}

/** Whether a script runs an Optuna study itself. */
export function isOptunaScript(file: CodeFile | null): boolean {
  if (!(file instanceof PythonFile)) return false;
  if (file.anchors.some((anchor) => anchor.kind === 'search')) return true;
  return importsOptuna(file) && file.anchors.some((anchor) => anchor.kind === 'optimize');
}

/** Whether a script has an objective for Optuna and leaves the study to another file. */
function hasOnlyObjective(file: CodeFile | null): boolean {
  return file instanceof PythonFile && importsOptuna(file) && file.anchors.some(({ kind }) => kind === 'objective');
}

function importsOptuna({ text }: PythonFile): boolean {
  return /^[ \t]*(from\s+optuna\b|import\b[^#\n]*\boptuna\b)/m.test(text);
}

/** Of a script that has its arguments declared by modules of the workspace: `TrainOptions().parse()`. */
function importedArguments(params: DraftStudyFileParams, readBeside: ReadBeside): ScriptArguments {
  if (!/(?:pars|args|arguments|opt|flags)\w{0,20}\(/i.test(params.text)) return NO_ARGUMENTS;
  const byName = new Map<string, ScriptArgument>();
  for (const { path, text } of readFiles(params, readBeside).slice(1)) {
    // A module with a main part of its own is another program.
    if (!/\.add_argument\(|\bDEFINE_/.test(text) || /__name__ *== *['"]__main__/.test(text)) continue;
    const file = openCodeFile('python', text);
    if (!path.endsWith('.py') || !(file instanceof PythonFile)) continue;
    for (const one of argparseArguments(file).arguments) if (!byName.has(one.name)) byName.set(one.name, one);
  }
  return { ...NO_ARGUMENTS, arguments: [...byName.values()] };
}

/** The code of a notebook's cells in order, as one module; magics and shell lines are left out. */
function notebookCode(text: string): string {
  const cells = cellsOf(text);
  return cells.map((source) => source.replace(/^[ \t]*[%!?].*$/gm, '')).join('\n\n');
}

function cellsOf(text: string): string[] {
  let notebook: unknown;
  try {
    notebook = JSON.parse(text);
  } catch {
    // Not saved as JSON: the editor has handed over the code itself.
    return [text];
  }
  const cells = (notebook as { cells?: unknown } | null)?.cells;
  if (!Array.isArray(cells)) return [text];
  return cells.flatMap((cell: { cell_type?: unknown; source?: unknown } | null) => {
    if (cell?.cell_type !== 'code') return [];
    const { source } = cell;
    return [Array.isArray(source) ? source.join('') : String(source ?? '')];
  });
}
