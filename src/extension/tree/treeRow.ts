import { basename } from 'node:path';
import { paretoFront } from '../../core/fronts/paretoFront.ts';
import { isFeasible } from '../../core/study/constraints.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import { exactNumber } from '../../core/text/numbers.ts';
import { plainLabel } from '../../core/text/printable.ts';
import { canDebug } from '../failures/failureText.ts';
import { reasonOf } from '../panel/panelRows.ts';
import { groupName } from '../studies/stateWords.ts';
import type { StorageEntry, StudyEntry } from '../studies/studyEntry.ts';
import { parametersByWeight, valueFormat } from '../studies/studyInsight.ts';
import { fileName, stateText, studyLine } from '../studies/studyLine.ts';
import { trialFacts } from '../studies/trialFacts.ts';
import { hostOf } from '../studies/workerFacts.ts';
import { Token } from '../window/ids.ts';
import { formatDuration, formatParam } from '../window/numbers.ts';
import type { Translate } from '../window/words.ts';
import type { FactNode, RangeNode, TreeNode } from './treeNode.ts';
import { countOf, groupOf, type TrialGroup } from './trialGroups.ts';
import { TrialPages } from './trialPages.ts';

/** One row as a person sees it. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** Name of a codicon. */
  readonly icon: string;
  /** Id of a theme colour; absent: the text's own. */
  readonly color?: string;
  readonly context: string;
  /** Absent: the row has nothing below it. */
  readonly open?: boolean;
  /** What a screen reader says. */
  readonly spoken: string;
}

const WHOLE = new Intl.NumberFormat('en-US');
/** Parameters beside a trial's value. */
const SHOWN_PARAMS = 3;

const GROUP_ICONS: Record<Exclude<TrialGroup, 'front'>, { icon: string; color?: string }> = {
  [TrialState.running]: { icon: 'circle-large-outline', color: 'charts.blue' },
  [TrialState.complete]: { icon: 'check', color: 'charts.green' },
  [TrialState.pruned]: { icon: 'triangle-down', color: 'tuneboard.pruned' },
  [TrialState.fail]: { icon: 'error', color: 'charts.red' },
  paused: { icon: 'debug-pause', color: 'charts.purple' },
  [TrialState.waiting]: { icon: 'ellipsis' },
};

export function treeRow(node: TreeNode, t: Translate, now: number): TreeRow {
  const row = rowOf(node, t, now);
  return {
    ...row,
    label: plainLabel(row.label),
    description: plainLabel(row.description),
    spoken: plainLabel(row.spoken),
  };
}

function rowOf(node: TreeNode, t: Translate, now: number): TreeRow {
  switch (node.kind) {
    case 'storage': {
      const label = fileName(node.storage.location);
      const count = node.storage.log?.studies().length ?? 0;
      const description = problemOf(node.storage) ?? (node.storage.log ? countText(count, t) : t('reading'));
      const icon = node.storage.problem ? { icon: 'warning', color: 'list.warningForeground' } : { icon: 'database' };
      const open = count > 0 ? { open: false } : {};
      return { label, description, ...icon, context: Token.storage, ...open, spoken: `${label}, ${description}` };
    }
    case 'badRun': {
      const [label, description] = [
        basename(node.run.folder.path),
        node.run.problem.replaceAll(`${node.run.folder.record} `, ''),
      ];
      const icon = { icon: 'warning', color: 'list.warningForeground' };
      return {
        label,
        description,
        ...icon,
        context: 'badRun',
        spoken: `${label}, ${description}`,
      };
    }
    case 'study':
      return studyRow(node.study, t, now);
    case 'best':
      return bestRow(node.study, t);
    case 'group': {
      const { study, group } = node;
      const count = study.history ? countOf(study.history, group) : 0;
      const label = groupName(group, t);
      const icon = group === 'front' ? { icon: 'star-full' } : GROUP_ICONS[group];
      const open = group === TrialState.running;
      return { label, description: String(count), ...icon, context: 'group', open, spoken: `${label}, ${count}` };
    }
    case 'range':
      return rangeRow(node, t);
    case 'trial':
      return trialRow(node.study, node.number, t, now);
    case 'fact':
      return factRow(node, t, now);
    default:
      return node satisfies never;
  }
}

function countText(count: number, t: Translate): string {
  return count === 0 ? t('noStudyInIt') : t('countStudies', { count });
}

/** Why a storage cannot be read, without its name at the beginning, which the row says already. */
function problemOf({ problem, location }: StorageEntry): string | null {
  return problem && withoutName(problem, location);
}

function withoutName(problem: string, name: string): string {
  return problem.startsWith(name) ? problem.slice(name.length).trim() : problem;
}

function studyRow(study: StudyEntry, t: Translate, now: number): TreeRow {
  const line = studyLine(study, t, now);
  const description = study.isArchived ? `${t('archived')} · ${line}` : line;
  const tokens: string[] = [Token.study];
  if (study.isLive) tokens.push(study.state === 'paused' ? Token.paused : Token.running);
  if (study.state === 'running' && study.canSteer('pause')) tokens.push(Token.pausable);
  if (!study.isLive && study.run && !study.isExhausted) tokens.push(Token.resumable);
  if (study.hasBest) tokens.push(Token.hasBest);
  if (study.run) tokens.push(Token.hasLog);
  if (study.question) tokens.push(Token.asksMetric);
  if (study.storage?.held) tokens.push(Token.loadable);
  if (study.isArchived) tokens.push(Token.archived);
  const open = study.record ? { open: false } : {};
  const spoken = `${study.name}, ${stateText(study, t)}, ${description}`;
  return { label: study.name, description, ...studyIcon(study), context: tokens.join('.'), ...open, spoken };
}

function studyIcon(study: StudyEntry): { icon: string; color?: string } {
  const { state } = study;
  if (study.isArchived) return { icon: 'archive' };
  if (study.storageProblem) return { icon: 'warning', color: 'list.warningForeground' };
  const held = study.storage?.held;
  if (held && !study.isLive) return { icon: held === 'server' ? 'cloud' : 'file-symlink-file' };
  if (study.isLive) return state === 'paused' ? { icon: 'debug-pause' } : { icon: 'beaker', color: 'charts.blue' };
  if (state === 'failed') return { icon: 'error', color: 'charts.red' };
  if (state === 'interrupted') return { icon: 'warning', color: 'list.warningForeground' };
  return study.atWorkElsewhere > 0 ? { icon: 'beaker', color: 'charts.blue' } : { icon: 'beaker' };
}

function bestRow(study: StudyEntry, t: Translate): TreeRow {
  const { history } = study;
  const star = { label: t('bestGroup'), icon: 'star-full', color: 'charts.yellow', open: false };
  if (history && history.best === undefined) {
    const description = t('countOnFront', { count: paretoFront(history).length });
    return { ...star, description, context: 'group', spoken: `${star.label}, ${description}` };
  }
  const number = history?.best ?? 0;
  const value = history ? valueText(history, number) : '';
  const description = `#${number}  ${value}`;
  const context = trialContext(study, number, 'complete');
  const spoken = t('bestSpoken', { number, metric: study.metricName(), value });
  return { ...star, description, context, spoken };
}

function rangeRow({ study, group, page }: RangeNode, t: Translate): TreeRow {
  const extent = study.history ? TrialPages.of(study.history, group).extent(page) : { count: 0, from: 0, to: 0 };
  const [from, to, count] = [WHOLE.format(extent.from), WHOLE.format(extent.to), WHOLE.format(extent.count)];
  const label = from === to ? `#${from}` : `#${from} … #${to}`;
  const description = extent.count > 1 ? t('countTrials', { count }) : '';
  const spoken = t('trialsThem', { from, to, count });
  // What stood directly below the group stays in sight when the group gets its second page.
  const open = page.level === 0 && page.first === 0;
  return { label, description, icon: 'list-ordered', context: 'range', open, spoken };
}

function trialRow(study: StudyEntry, number: number, t: Translate, now: number): TreeRow {
  const { history } = study;
  if (!history || number >= history.length) {
    return { label: `#${number}`, description: '', icon: 'circle-slash', context: 'gone', spoken: `#${number}` };
  }
  const state = history.state(number);
  const interrupted = study.isInterrupted(number);
  const value = interrupted ? t('interrupted') : headline(history, number, t, now);
  const reason = state === TrialState.fail ? reasonOf(history, number, t) : null;
  const worker = state === TrialState.running ? workerOf(study, history, number, t) : [];
  const params = reason ?? [...worker, ...mainParams(history, number)].join('  ');
  const icon = interrupted ? { icon: 'warning', color: 'list.warningForeground' } : iconOf(history, number);
  const violates = isInfeasible(history, number) ? t('violatesConstraint') : '';
  const word = interrupted ? t('interrupted') : groupName(groupOf(history, number), t);
  const label = value === '' ? `#${number}` : `#${number}  ${value}`;
  const token = groupOf(history, number) === 'paused' ? Token.paused : STATE_TOKENS[state];
  const context = trialContext(study, number, interrupted ? 'interrupted' : token);
  const spoken = t('trialSpoken', { number, facts: [word, value, violates, params].filter(Boolean).join(', ') });
  return { label, description: params, ...icon, context, open: false, spoken };
}

/** The machine that a trial runs on, or that it is somebody else's, where this window's run has trials too. */
function workerOf(study: StudyEntry, history: History, number: number, t: Translate): string[] {
  const host = hostOf(history, number);
  if (host !== null) return [host];
  return study.run && study.isElsewhere(number) ? [t('notOfThisRun')] : [];
}

function iconOf(history: History, number: number): { icon: string; color?: string } {
  if (history.best === number || paretoFront(history).includes(number))
    return { icon: 'star-full', color: 'charts.yellow' };
  if (isInfeasible(history, number)) return { icon: 'circle-slash' };
  const group = groupOf(history, number);
  return group === TrialState.running ? { icon: 'loading~spin', color: 'charts.blue' } : GROUP_ICONS[group];
}

/** Complete, but never a best: it violates a constraint. */
function isInfeasible(history: History, number: number): boolean {
  return history.state(number) === TrialState.complete && !isFeasible(history.systemAttrs(number));
}

/** The words beside a trial's number: its value, or how far it has come. */
function headline(history: History, number: number, t: Translate, now: number): string {
  const state = history.state(number);
  if (state === TrialState.complete) return valueText(history, number);
  const curve = history.curve(number);
  const step = curve.steps.at(-1);
  if (step !== undefined) {
    const value = valueFormat(history).format(curve.values.at(-1) as number);
    return t('stepValue', { step, value });
  }
  if (state === TrialState.running) {
    const since = history.startedAt[number] as number;
    if (Number.isNaN(since)) return t('running');
    return now - since < 1000 ? t('starting') : t('runningFor', { time: formatDuration(now - since, t) });
  }
  return '';
}

export function valueText(history: History, number: number): string {
  const values = history.directions.map((_, objective) =>
    valueFormat(history, objective).format(history.value(number, objective)),
  );
  return values.join(', ');
}

/** `learning_rate 2.68e-5`: the parameters that matter most, of those the trial has. */
function mainParams(history: History, number: number): string[] {
  const own = new Set(history.paramNames(number));
  const names = parametersByWeight(history).filter((name) => own.has(name));
  return names.slice(0, SHOWN_PARAMS).map((name) => `${name} ${paramText(history, number, name)}`);
}

function paramText(history: History, number: number, name: string): string {
  return formatParam(history.param(number, name) ?? null, history.distribution(number, name));
}

const STATE_TOKENS: Record<TrialState, string> = {
  [TrialState.running]: 'running',
  [TrialState.complete]: 'complete',
  [TrialState.pruned]: 'pruned',
  [TrialState.fail]: 'failed',
  [TrialState.waiting]: 'waiting',
};

function trialContext(study: StudyEntry, number: number, state: string): string {
  const tokens: string[] = [Token.trial, state];
  if (study.canSteer('enqueue')) tokens.push(Token.enqueueable);
  if (study.canSteer('killTrial') && !study.isForeign(number)) tokens.push(Token.killable);
  if (study.trialForCode(number)) tokens.push('hasParams');
  if (study.run && state !== 'waiting' && !study.isForeign(number)) tokens.push(Token.hasOutput);
  if (canDebug(study, number)) tokens.push(Token.debuggable);
  return tokens.join('.');
}

function factRow(node: FactNode, t: Translate, now: number): TreeRow {
  const { study, number, fact } = node;
  const { history } = study;
  const row = (label: string, description: string, icon: string, context = 'fact'): TreeRow => ({
    label,
    description,
    icon,
    context,
    spoken: `${label}: ${description}`,
  });
  if (!history || number >= history.length) return row('', '', 'circle-slash');
  switch (fact.type) {
    case 'value':
      return row(fact.name, exactText(history.value(number, fact.objective)), 'target', 'fact.copyable');
    case 'param':
      return row(fact.name, exactText(history.param(number, fact.name)), 'symbol-parameter', 'fact.copyable');
    case 'intermediate': {
      const { steps, values } = history.curve(number);
      const last = valueFormat(history).format(values.at(-1) as number);
      return row(
        t('intermediateValues'),
        t('countLastAtStep', { count: steps.length, last, step: steps.at(-1) ?? 0 }),
        'pulse',
      );
    }
    case 'told': {
      const told = trialFacts(history, number, t).find(({ key }) => key === fact.name);
      return row(told?.name ?? '', told?.text ?? '', 'info');
    }
    case 'attribute':
      return row(fact.name, exactText(history.userAttrs(number)[fact.name]), 'tag', 'fact.copyable');
    case 'time': {
      const started = history.startedAt[number] as number;
      const ended = history.completedAt[number] as number;
      const length = Number.isNaN(ended) && !study.isInterrupted(number) ? now - started : ended - started;
      const description = Number.isNaN(length) ? '' : formatDuration(length, t);
      return row(t('time'), description, 'watch');
    }
    case 'output':
      return row(t('output'), t('trial', { number }), 'output', 'fact.output');
    default:
      return fact satisfies never;
  }
}

function exactText(value: unknown): string {
  if (typeof value === 'number') return exactNumber(value);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
