import { dirname } from 'node:path';
import { type CodeAction, CodeActionKind, Diagnostic, DiagnosticSeverity, languages, Range, type Uri } from 'vscode';
import { failureCause } from '../../core/failures/failureCause.ts';
import { raisingFrames } from '../../core/failures/tracebacks.ts';
import { FAIL_REASON, INTERRUPTED } from '../../core/study/attributes.ts';
import { failReasonOf } from '../../core/study/failReason.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import { printable } from '../../core/text/printable.ts';
import { trialOutputPath } from '../../runs/runFolder.ts';
import { endOf, outputIn } from '../storages/runOutput.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { Coalescer } from '../window/coalescer.ts';
import { Disposable } from '../window/disposable.ts';
import { Command } from '../window/ids.ts';
import { formatParam } from '../window/numbers.ts';
import { t } from '../window/words.ts';
import { firstPlace, type Place } from './places.ts';

const UPDATE_MS = 300;
/** Failures of a run that are marked at most; of more, the newest. */
const MOST_FAILURES = 50;
/** A traceback is at the end of an output, in bytes. */
const END_BYTES = 64 << 10;
const SHOWN_PARAMS = 4;
const CODE = 'failed-trial';

interface Mark {
  readonly uri: Uri;
  readonly diagnostic: Diagnostic;
  readonly study: StudyEntry;
  /** The newest trial that failed there. */
  readonly number: number;
}

/** Marks the lines at which trials of the newest runs failed, until a run goes well. */
export class FailureMarks extends Disposable {
  readonly #marks = this.register(languages.createDiagnosticCollection('tuneboard.failures'));
  readonly #registry: StudyRegistry;
  readonly #updates = this.register(new Coalescer(UPDATE_MS, () => this.#update()));
  /** By study: its marks, and the run and failures that they were made from. */
  readonly #shown = new Map<string, { readonly key: string; readonly marks: readonly Mark[] }>();

  constructor(registry: StudyRegistry) {
    super();
    this.#registry = registry;
    this.register(registry.onDidChange(() => this.#updates.request()));
    this.register(
      languages.registerCodeActionsProvider(
        { scheme: 'file' },
        { provideCodeActions: ({ uri }, _, { diagnostics }) => diagnostics.flatMap((one) => this.#actions(uri, one)) },
        { providedCodeActionKinds: [CodeActionKind.QuickFix] },
      ),
    );
  }

  #actions(uri: Uri, diagnostic: Diagnostic): CodeAction[] {
    const mark = this.#markOf(uri, diagnostic);
    if (!mark) return [];
    const { study, number } = mark;
    const action = (title: string, command: string): CodeAction => ({
      title,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      command: { title, command, arguments: [{ studyId: study.id, number }] },
    });
    return [
      action(t('debugTrial', { number }), Command.debugTrial),
      action(t('showOutputOf', { number }), Command.showTrialOutput),
    ];
  }

  /** VS Code passes copies of diagnostics: their contents are compared. */
  #markOf(uri: Uri, { code, message, range }: Diagnostic): Mark | undefined {
    if (code !== CODE) return undefined;
    const isMeant = ({ uri: own, diagnostic }: Mark) =>
      own.toString() === uri.toString() && diagnostic.message === message && diagnostic.range.isEqual(range);
    return [...this.#shown.values()].flatMap(({ marks }) => marks).find(isMeant);
  }

  #update(): void {
    let isChanged = false;
    const listed = new Set<string>();
    for (const study of this.#registry.studies) {
      listed.add(study.id);
      isChanged = this.#updateStudy(study) || isChanged;
    }
    for (const id of this.#shown.keys()) if (!listed.has(id)) isChanged = this.#shown.delete(id) || isChanged;
    if (!isChanged) return;
    const byFile = new Map<string, [Uri, Diagnostic[]]>();
    for (const { marks } of this.#shown.values()) {
      for (const { uri, diagnostic } of marks) {
        const known = byFile.get(uri.toString());
        if (known) known[1].push(diagnostic);
        else byFile.set(uri.toString(), [uri, [diagnostic]]);
      }
    }
    this.#marks.clear();
    this.#marks.set([...byFile.values()]);
  }

  /** Makes a study's marks anew where its run or failures changed. Returns whether they did. */
  #updateStudy(study: StudyEntry): boolean {
    const { history, run } = study;
    if (!history || !run || study.storage?.isDigest) return false;
    const { startedAt } = run.record;
    const { failed, isGood } = trialsOfRun(history, startedAt);
    // A run that has just begun has neither: the marks of the run before stay meanwhile.
    if (failed.length === 0 && !isGood) return false;
    const key = `${startedAt} ${failed.join(',')}`;
    if (this.#shown.get(study.id)?.key === key) return false;
    this.#shown.set(study.id, { key, marks: this.#marksOf(study, history, failed) });
    return true;
  }

  #marksOf(study: StudyEntry, history: History, failed: readonly number[]): Mark[] {
    const places = new Map<string, { place: Place; numbers: number[]; reason: string }>();
    for (const number of failed) {
      const place = raisingPlace(study, number);
      const failReason = failReasonOf(history, number);
      if (!place || !failReason) continue;
      const cause = failureCause(failReason);
      const key = `${place.uri} ${place.position.line} ${cause.kind} ${cause.name}`;
      const known = places.get(key);
      if (known) known.numbers.push(number);
      else
        places.set(key, {
          place,
          numbers: [number],
          reason: failReason.values['last'] ? lastLine(failReason.values['last']) : t.say(failReason),
        });
    }
    return [...places.values()].map(({ place, numbers, reason }) => {
      const number = numbers[0] as number;
      const text = markText(history, numbers, reason);
      const { line } = place.position;
      const diagnostic = new Diagnostic(new Range(line, 0, line, 1000), printable(text), DiagnosticSeverity.Error);
      diagnostic.source = 'Tuneboard';
      diagnostic.code = CODE;
      return { uri: place.uri, diagnostic, study, number };
    });
  }
}

function lastLine(value: unknown): string {
  return typeof value === 'object' && value !== null && 'text' in value ? String(value.text) : String(value);
}

/** `trial 3, lr=0.1: ZeroDivisionError: division by zero`. */
function markText(history: History, numbers: readonly number[], reason: string): string {
  const number = numbers[0] as number;
  const params = history
    .paramNames(number)
    .slice(0, SHOWN_PARAMS)
    .map((name) => `${name}=${formatParam(history.param(number, name) ?? null, history.distribution(number, name))}`);
  const trial = [t('trial', { number }), ...params].join(', ');
  const more = numbers.length > 1 ? ` ${t('andMoreTrials', { count: numbers.length - 1 })}` : '';
  return `${trial}: ${reason}${more}`;
}

/** The newest failures of the run that began at `startedAt`, newest first, and whether one of its trials went well. */
function trialsOfRun(history: History, startedAt: number): { failed: number[]; isGood: boolean } {
  const failed: number[] = [];
  let isGood = false;
  for (let number = history.length - 1; number >= 0 && failed.length < MOST_FAILURES; number--) {
    const state = history.states[number];
    if (state === TrialState.running || state === TrialState.waiting) continue;
    // Trials end about in the order of their numbers: before a trial of an earlier run there are no others.
    if (!((history.completedAt[number] as number) >= startedAt)) break;
    const interrupted = state === TrialState.fail ? history.systemAttrs(number)[INTERRUPTED] : undefined;
    if (state !== TrialState.fail) isGood = true;
    else if (interrupted === undefined || interrupted === 'start') failed.push(number);
  }
  return { failed, isGood };
}

/** The line of the workspace that raised a trial's error; undefined where neither storage nor output has a traceback into it. */
export function raisingPlace(study: StudyEntry, number: number): Place | undefined {
  const { history, run } = study;
  if (!history || !run) return undefined;
  const { record, folder } = run;
  const folders = [...(record.launch ? [record.launch.cwd] : []), dirname(record.source)];
  const stored = history.userAttrs(number)[FAIL_REASON] ?? history.systemAttrs(number)[FAIL_REASON];
  const fromStorage = typeof stored === 'string' ? firstPlace(raisingFrames(stored), folders) : undefined;
  if (fromStorage) return fromStorage;
  try {
    const path = outputIn(folder, trialOutputPath(folder, number, study.name));
    return path === undefined ? undefined : firstPlace(raisingFrames(endOf(path, END_BYTES).text), folders);
  } catch {
    // A missing output, or a link out of the run folder, is not read.
    return undefined;
  }
}
