import type { SyntaxNode } from '@lezer/common';
import { closest } from '../../core/text/closest.ts';
import type { Finding, FindingFix } from '../findings.ts';
import type { CodeFile } from '../insertion/sites.ts';
import { PythonFile } from '../python/pythonFile.ts';
import type { PythonCall } from '../python/syntax.ts';
import {
  type CallArguments,
  calleeOf,
  childrenOf,
  keywordValue,
  lastName,
  readArguments,
  slice,
  stringValue,
} from '../python/tree.ts';
import type { Say } from '../say.ts';
import { spaceFindings } from '../spaceFindings.ts';
import { objectiveFindings, trialFunctions } from './objectiveFindings.ts';
import { rangeFindings, warning } from './rangeFindings.ts';

const DIRECTIONS = ['minimize', 'maximize'];
/** What a deprecated method is called now, and the keyword that it needs besides. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  suggest_uniform: '',
  suggest_loguniform: 'log=True',
  suggest_discrete_uniform: 'step',
};
/** Libraries whose work lets other threads run, or happens in another process. */
const RELEASES_GIL =
  /\b(?:numpy|scipy|pandas|polars|torch|tensorflow|keras|jax|sklearn|xgboost|lightgbm|catboost|transformers|subprocess|multiprocessing|concurrent|joblib|requests|httpx|aiohttp|asyncio|time|cv2|onnxruntime|cupy|numba|ray|dask)\b/;

/** What ends a study though no `optimize` says when. */
const ENDS_ITSELF = /\b(?:MaxTrialsCallback|GridSampler|BruteForceSampler|TerminatorCallback)\b|\.stop\(/;

interface StudyMade {
  readonly call: SyntaxNode;
  readonly list: CallArguments;
  /** The variable that it is assigned to; null where it is not. */
  readonly variable: string | null;
}

/** Everything that is wrong, or hardly meant, in a script that tunes with Optuna or in the same words. */
export function optunaFindings(file: CodeFile, say: Say): Finding[] {
  const around = file instanceof PythonFile ? studyFindings(file, say) : [];
  return [...spaceFindings(file, say), ...rangeFindings(file, say), ...around].sort((a, b) => a.start - b.start);
}

/** What goes wrong in practice around an Optuna study in a script. Only files that import Optuna are looked at. */
function studyFindings(file: PythonFile, say: Say): Finding[] {
  const { text, syntax } = file;
  if (!/^[ \t]{0,80}(?:import|from)[ \t]{1,80}optuna\b/m.test(text)) return [];
  const { calls, definitions } = syntax;
  const made = calls.filter(({ name }) => name === 'create_study').map(({ node }) => studyOf(node, text));
  const endsItself = ENDS_ITSELF.test(text);
  const functions = trialFunctions(definitions, text, objectivesOf(calls, text));
  return [
    ...calls.flatMap((call) => deprecatedFindings(call, text, say)),
    ...made.flatMap((study) => directionFindings(study, text, say)),
    ...calls.flatMap((call) => (call.name === 'optimize' ? optimizeFindings(call, made, endsItself, text, say) : [])),
    ...severalFindings(file, made, say),
    ...prunerFindings(made, functions, text, say),
    ...objectiveFindings(syntax, text, functions, say),
  ].sort((a, b) => a.start - b.start);
}

function studyOf(call: SyntaxNode, text: string): StudyMade {
  const target = call.parent?.name === 'AssignStatement' ? call.parent.firstChild : null;
  const variable =
    target && target.from < call.from && /^(VariableName|MemberExpression)$/.test(target.name)
      ? slice(text, target)
      : null;
  return { call, list: readArguments(call.getChild('ArgList'), text), variable };
}

function deprecatedFindings({ node: call, callee, name }: PythonCall, text: string, say: Say): Finding[] {
  const added = SUCCESSORS[name];
  if (added === undefined || !Object.hasOwn(SUCCESSORS, name) || !callee.includes('.')) return [];
  const list = call.getChild('ArgList');
  const start = call.from + callee.lastIndexOf(name);
  const end = start + name.length;
  const edits = [{ start, end, newText: 'suggest_float' }];
  if (list && added === 'log=True') edits.push({ start: list.to - 1, end: list.to - 1, newText: ', log=True' });
  if (list && added === 'step') {
    const { positional, keywords } = readArguments(list, text);
    const width = positional[3];
    const named = keywords.find((one) => one.name === 'q');
    if (width) edits.push({ start: width.from, end: width.from, newText: 'step=' });
    else if (named) edits.push({ start: named.from, end: named.from + 1, newText: 'step' });
  }
  const fix: FindingFix = { title: say('useSuggestFloat'), edits };
  return [warning('deprecated-suggest', say('deprecatedSuggest', { name }), { start, end }, fix)];
}

function directionFindings({ list }: StudyMade, text: string, say: Say): Finding[] {
  const one = keywordValue(list.keywords, 'direction') ?? list.positional[4];
  const several = keywordValue(list.keywords, 'directions');
  const nodes = [
    ...(one ? [one] : []),
    ...(several && /^(Array|Tuple)Expression$/.test(several.name) ? childrenOf(several) : []),
  ];
  return nodes.flatMap((node) => {
    const value = stringValue(node, text);
    if (value === undefined || DIRECTIONS.includes(value)) return [];
    const meant = meantDirection(value);
    const quote = slice(text, node).startsWith("'") ? "'" : '"';
    const fix = meant
      ? {
          title: say('useDirection', { direction: meant }),
          edits: [{ start: node.from, end: node.to, newText: quote + meant + quote }],
        }
      : undefined;
    const message = say('wrongDirection', { direction: value.slice(0, 40) });
    return [{ ...warning('direction', message, { start: node.from, end: node.to }, fix), severity: 'error' as const }];
  });
}

function meantDirection(value: string): string | null {
  if (/^(max|high|up|great)/i.test(value)) return 'maximize';
  if (/^(min|low|down|less)/i.test(value)) return 'minimize';
  return closest(value, DIRECTIONS);
}

function optimizeFindings(
  { node: call, callee }: PythonCall,
  made: readonly StudyMade[],
  endsItself: boolean,
  text: string,
  say: Say,
): Finding[] {
  const receiver = callee.slice(0, callee.lastIndexOf('.')).trim();
  const study = made.find(
    ({ call: own, variable }) => variable === receiver || (own.from === call.from && own.to < call.to),
  );
  const list = call.getChild('ArgList');
  if (!list || (!study && !/study$/i.test(receiver))) return [];
  const { positional, keywords } = readArguments(list, text);
  const findings: Finding[] = [];
  const isOpen =
    /\*/.test(slice(text, list).replace(/\w\s*\*{1,2}\s*\w/g, '')) && /(?:^|[(,\s])\*{1,2}\w/.test(slice(text, list));
  const hasLimit = positional.length > 1 || keywords.some(({ name }) => name === 'n_trials' || name === 'timeout');
  const hasObjective = positional.length > 0 || keywords.some(({ name }) => name === 'func');
  if (hasObjective && !hasLimit && !isOpen && !endsItself) {
    const last = childrenOf(list).at(-1);
    const at = last?.name === ')' ? last.from : list.to;
    const isAfterComma = /,\s*$/.test(text.slice(Math.max(0, at - 100), at));
    const fix = {
      title: say('addTrials'),
      edits: [{ start: at, end: at, newText: `${isAfterComma ? ' ' : ', '}n_trials=100` }],
    };
    findings.push(warning('endless-optimize', say('endlessOptimize'), { start: call.from, end: call.to }, fix));
  }
  const jobs = keywordValue(keywords, 'n_jobs');
  const inMemory =
    study !== undefined && !keywordValue(study.list.keywords, 'storage') && study.list.positional.length === 0;
  if (
    jobs &&
    inMemory &&
    !/^[01]$/.test(slice(text, jobs)) &&
    /^(Number|UnaryExpression)$/.test(jobs.name) &&
    !importsReleasing(text)
  ) {
    findings.push(warning('threads-without-gain', say('threadsWithoutGain'), { start: jobs.from, end: jobs.to }));
  }
  return findings;
}

/** Whether a module is imported whose work may gain from threads; modules that nobody knows may too. */
function importsReleasing(text: string): boolean {
  const imports = [...text.matchAll(/^[ \t]*(?:import|from)[ \t]+([\w.]+)/gm)].map(([, name = '']) => name);
  return imports.some((name) => RELEASES_GIL.test(name) || !PLAIN_MODULES.test(name));
}

/** Modules of the standard library that compute in Python itself, and Optuna. */
const PLAIN_MODULES =
  /^(?:optuna|math|random|os|sys|json|re|itertools|functools|collections|logging|argparse|typing|dataclasses|copy|statistics|cmath|fractions|decimal|operator|string|heapq|bisect|pathlib|warnings|__future__|abc|enum|datetime|csv|pickle)(?:\.|$)/;

/** `best_value` of a study that was made with several directions. */
function severalFindings(file: PythonFile, made: readonly StudyMade[], say: Say): Finding[] {
  const { text, tree } = file;
  const several = new Set<string>();
  for (const { list, variable } of made) {
    const directions = keywordValue(list.keywords, 'directions');
    const isSeveral =
      directions !== null &&
      /^(Array|Tuple)Expression$/.test(directions.name) &&
      directions.getChildren(',').length > 0 &&
      childrenOf(directions).filter(({ name }) => !/^[[\](),]$/.test(name) && name !== 'Comment').length > 1;
    if (variable !== null && isSeveral) several.add(variable);
  }
  // A name that another study has too, in another function, may be either.
  for (const { list, variable } of made)
    if (variable !== null && !keywordValue(list.keywords, 'directions')) several.delete(variable);
  if (several.size === 0) return [];
  const findings: Finding[] = [];
  tree.iterate({
    enter(ref) {
      if (ref.name !== 'MemberExpression') return;
      const property = ref.node.lastChild;
      const owner = ref.node.firstChild;
      if (!property || !owner || !several.has(slice(text, owner))) return;
      const name = slice(text, property);
      if (!/^best_(value|params|trial)$/.test(name)) return;
      const place = { start: property.from, end: property.to };
      findings.push({ ...warning('several-bests', say('severalBests', { name }), place), severity: 'error' });
    },
  });
  return findings;
}

/** A pruner that no report ever reaches does nothing. */
function prunerFindings(
  made: readonly StudyMade[],
  functions: readonly { readonly node: SyntaxNode; readonly trial: string; readonly isObjective: boolean }[],
  text: string,
  say: Say,
): Finding[] {
  if (/\.report\(|should_prune|Pruning|hyperparameter_search|integration/.test(text)) return [];
  const objectives = functions.filter(({ isObjective }) => isObjective);
  if (objectives.length === 0) return [];
  // A function that gets the trial as an argument may report for it.
  const handsOn = functions.some(({ node, trial }) =>
    new RegExp(`[(,=]\\s{0,20}${trial}\\s{0,20}[,)]`).test(bodyText(node, text)),
  );
  if (handsOn) return [];
  return made.flatMap(({ list }) => {
    const pruner = keywordValue(list.keywords, 'pruner');
    if (
      pruner?.name !== 'CallExpression' ||
      !/Pruner$/.test(calleeOf(pruner, text)) ||
      /NopPruner$/.test(calleeOf(pruner, text))
    )
      return [];
    return [warning('pruner-without-report', say('prunerWithoutReport'), { start: pruner.from, end: pruner.to })];
  });
}

function bodyText(node: SyntaxNode, text: string): string {
  const body = node.getChild('Body');
  return body ? slice(text, body) : '';
}

/** Names of the functions and classes that `….optimize(…)` of a study gets; `objective` with a trial counts without. */
function objectivesOf(calls: readonly PythonCall[], text: string): Set<string> {
  const names = new Set<string>();
  for (const { node, callee, name: called } of calls) {
    if (called !== 'optimize' || !callee.includes('.')) continue;
    const { positional, keywords } = readArguments(node.getChild('ArgList'), text);
    const given = positional[0] ?? keywordValue(keywords, 'func');
    if (given?.name === 'VariableName' || given?.name === 'MemberExpression') names.add(lastName(slice(text, given)));
    if (given?.name === 'CallExpression') names.add(lastName(calleeOf(given, text)));
  }
  return names;
}
