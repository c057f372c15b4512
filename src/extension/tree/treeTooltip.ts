import { findingsOf } from '../../core/study/startComparison.ts';
import { exactNumber } from '../../core/text/numbers.ts';
import { markdownText } from '../../core/text/printable.ts';
import { recordMessage } from '../../protocol/runRecord.ts';
import { listedAttrs, reasonOf } from '../panel/panelRows.ts';
import { groupName } from '../studies/stateWords.ts';
import type { HeldPlace, StudyEntry } from '../studies/studyEntry.ts';
import { stateText, studyLine } from '../studies/studyLine.ts';
import { trialFacts } from '../studies/trialFacts.ts';
import { workerLines } from '../studies/workerFacts.ts';
import { formatDuration } from '../window/numbers.ts';
import type { Translate } from '../window/words.ts';
import type { TreeNode } from './treeNode.ts';
import { treeRow } from './treeRow.ts';
import { countOf, groupOf, STATE_GROUPS } from './trialGroups.ts';

/** What hovering a row shows, as Markdown. Made only when somebody hovers. */
export function treeTooltip(node: TreeNode, t: Translate, now: number): string {
  switch (node.kind) {
    case 'storage':
      return [`**${markdownText(node.storage.location)}**`, node.storage.problem, ...(node.storage.log?.warnings ?? [])]
        .filter((line) => line !== null)
        .map((line, index) => (index === 0 ? line : markdownText(line)))
        .join('\n\n');
    case 'badRun':
      return `**${markdownText(node.run.folder.path)}**\n\n${markdownText(node.run.problem)}`;
    case 'study':
      return studyTooltip(node.study, t, now);
    case 'best':
      return node.study.history?.best === undefined
        ? markdownText(treeRow(node, t, now).spoken)
        : trialTooltip(node.study, node.study.history.best, t, now);
    case 'trial':
    case 'fact':
      return trialTooltip(node.study, node.number, t, now);
    case 'group':
    case 'range':
      return markdownText(treeRow(node, t, now).spoken);
    default:
      return node satisfies never;
  }
}

export function studyTooltip(study: StudyEntry, t: Translate, now: number): string {
  const line = studyLine(study, t, now);
  const lines = [`**${markdownText(study.name)}** ${markdownText(stateText(study, t))}`, markdownText(line)];
  const told = study.run && recordMessage(study.run.record);
  const message = told && t.say(told);
  if (message) lines.push(markdownText(message));
  const problem = study.storageProblem;
  if (problem && problem !== message) lines.push(markdownText(problem));
  const held = study.storage?.held;
  if (held) lines.push(markdownText(heldReason(held, t)));
  const { history } = study;
  if (history) {
    const said = findingsOf(history).map((finding) => t.say(finding));
    lines.push(...said.filter((sentence) => !line.includes(sentence)).map(markdownText));
    const groups = STATE_GROUPS.filter((group) => countOf(history, group) > 0);
    lines.push(groups.map((group) => `${groupName(group, t)} ${countOf(history, group)}`).join(' · '));
  }
  for (const line of study.isLive ? workerLines(study.run?.record, t) : []) lines.push(markdownText(line));
  if (study.storage) lines.push(markdownText(study.storage.location));
  for (const warning of study.storage?.log?.warnings.slice(0, 5) ?? [])
    lines.push(`$(warning) ${markdownText(warning)}`);
  return lines.filter((line) => line !== '').join('\n\n');
}

/** Why nothing of a storage is shown yet. */
function heldReason(held: HeldPlace, t: Translate): string {
  return held === 'server' ? t('heldServer') : t('heldFile');
}

function trialTooltip(study: StudyEntry, number: number, t: Translate, now: number): string {
  const { history } = study;
  if (!history || number >= history.length) return '';
  const state = study.isInterrupted(number) ? t('interrupted') : groupName(groupOf(history, number), t);
  const rows: [string, string][] = [];
  for (let objective = 0; objective < history.directions.length; objective++) {
    const value = history.value(number, objective);
    if (!Number.isNaN(value))
      rows.push([`**${markdownText(study.metricName(objective))}**`, markdownText(exactNumber(value))]);
  }
  for (const name of history.paramNames(number)) rows.push([markdownText(name), text(history.param(number, name))]);
  for (const fact of trialFacts(history, number, t)) rows.push([markdownText(fact.name), markdownText(fact.text)]);
  for (const [name, value] of listedAttrs(history, number)) rows.push([markdownText(name), text(value)]);
  const started = history.startedAt[number] as number;
  const ended = history.completedAt[number] as number;
  const length = Number.isNaN(ended) && !study.isInterrupted(number) ? now - started : ended - started;
  if (!Number.isNaN(length)) rows.push([t('time'), formatDuration(length, t)]);
  const reason = reasonOf(history, number, t);
  const table = ['| | |', '|:--|--:|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
  return [
    `**${t('trialTitle', { number })}** ${markdownText(state)}`,
    reason === null ? '' : markdownText(reason),
    table,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function text(value: unknown): string {
  const written =
    typeof value === 'string' ? value : typeof value === 'number' ? exactNumber(value) : (JSON.stringify(value) ?? '');
  return markdownText(written.length > 200 ? `${written.slice(0, 200)}…` : written);
}
