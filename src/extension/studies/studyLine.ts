import { dirname } from 'node:path';
import { paretoFront } from '../../core/fronts/paretoFront.ts';
import { populationProgress } from '../../core/schedulers/progress.ts';
import type { History } from '../../core/study/history.ts';
import { compareWithStart, sameValues, startWords } from '../../core/study/startComparison.ts';
import { recordMessage } from '../../protocol/runRecord.ts';
import { failuresText } from '../failures/failureText.ts';
import { formatDuration } from '../window/numbers.ts';
import type { Translate } from '../window/words.ts';
import { stateWord } from './stateWords.ts';
import type { HeldPlace, StudyEntry } from './studyEntry.ts';
import { valueFormat } from './studyInsight.ts';
import { workersLine } from './workerFacts.ts';

/** `62/100 · best 0.9312 · 12 min left`: where a study stands, in the tree and the status bar; what is new comes first. */
export function studyLine(study: StudyEntry, t: Translate, now: number): string {
  const parts: string[] = [];
  const { history, state } = study;
  const place = placeOfStudy(study);
  if (study.isDeleted) parts.push(t('deleted'));
  else if (study.storageProblem) parts.push(t('unreadable'));
  else if (study.storage?.held) parts.push(heldText(study.storage.held, t));
  else if (study.isUnread) parts.push(t('reading'));
  else if (study.isLive && study.run?.record.message) parts.push(t('waiting'));
  if (study.otherAccount !== null) parts.push(t('runOfAccount', { user: study.otherAccount }));
  if (study.question) parts.push(t('asksMetric'));
  else if (study.isLive && study.run?.record.firstRun) parts.push(t('firstRun'));
  if (study.isRemoved) parts.push(t('notInStorage'));
  if (state === 'starting') parts.push(t('starting'));
  if (state === 'paused') parts.push(t('paused'));
  if (state === 'stopping') parts.push(t('stopping'));
  if (state === 'stopped' && !study.isRemoved) parts.push(t('stopped'));
  if (state === 'interrupted') parts.push(t('interruptedGone'));
  const message = study.run && recordMessage(study.run.record);
  if (state === 'failed') parts.push(message ? t.say(message) : t('failed'));
  const same = history && sameValues(history);
  if (same) parts.push(t.say(same));
  const failures = history && failuresText(history, t);
  if (failures) parts.push(failures);
  if (history) parts.push(progressText(study, history, t));
  if (history?.best !== undefined)
    parts.push(t('bestValue', { value: valueFormat(history).format(history.value(history.best)) }));
  const start = history && !same && compareWithStart(history);
  if (start) parts.push(t.say(startWords(start)));
  const front = history ? paretoFront(history).length : 0;
  if (front > 0) parts.push(t('countOnFront', { count: front }));
  const workers = study.isLive ? workersLine(study.run?.record, t) : '';
  if (workers !== '') parts.push(workers);
  const elsewhere = study.atWorkElsewhere;
  if (elsewhere > 0) parts.push(t('countRunningElsewhere', { count: elsewhere }));
  const left = study.etaMs(now);
  if (left !== null) parts.push(t('timeLeft', { time: formatDuration(left, t) }));
  if ((study.hasNamesake || !study.run) && place !== null) parts.push(place);
  return parts.join(' · ');
}

/** Why a study shows no trials yet, and what brings them. */
export function heldText(held: HeldPlace, t: Translate): string {
  return held === 'server' ? t('heldServerShort') : t('heldFileShort');
}

/** What tells a study from others of its name: its storage; of a run of this window the folder. */
function placeOfStudy({ run, storage }: StudyEntry): string | null {
  if (run) return fileName(dirname(run.folder.parent));
  return storage && fileName(storage.location);
}

function progressText({ tried, goal }: StudyEntry, history: History, t: Translate): string {
  const population = populationProgress(history);
  if (population) return t('membersAtStep', { members: population.members, step: population.step });
  if (goal !== null) return `${tried}/${goal}`;
  return t('countTrials', { count: tried });
}

/** A study that nobody here runs may be at work all the same. */
export function stateText(study: StudyEntry, t: Translate): string {
  return study.state === 'idle' && study.atWorkElsewhere > 0 ? t('runningElsewhere') : stateWord(study.state, t);
}

/** The last part of a path, of a journal in a run folder that of the folder, which bears its study's or script's name; host, database and prefix of a URL: the whole is in the tooltip. */
export function fileName(location: string): string {
  const url = /^[a-z][a-z0-9+]+:\/\/(?:[^@/]*@)?([^?]*)(?:\?(.*))?/i.exec(location);
  if (url) {
    const prefix = new URLSearchParams(url[2]).get('prefix');
    return prefix ? `${url[1]} ${prefix}` : (url[1] as string);
  }
  const steps = location.split(/[\\/]/).filter(Boolean);
  const isOfRun = steps.at(-1) === 'journal.log' && steps.at(-3) === '.tuneboard';
  return steps.at(isOfRun ? -2 : -1) ?? location;
}
