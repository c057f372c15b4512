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
/** The newest failures of a run that are led to their line. */
const MOST_FAILURES = 50;
/** A traceback is at the end of an output, in bytes. */
const END_BYTES = 64 << 10;
const SHOWN_PARAMS = 4;
const CODE = 'failed-trial';

interface MarkedTrial {
  readonly study: StudyEntry;
  readonly number: number;
}

/** Marks the lines at which trials of the newest runs failed, until a run goes well. */
export class FailureMarks extends Disposable {
  readonly #marks = this.register(languages.createDiagnosticCollection('tuneboard.failures'));
  readonly #registry: StudyRegistry;
  readonly #updates = this.register(new Coalescer(UPDATE_MS, () => this.#update()));
  /** What each study's marks were made from, and the marks. */
  readonly #shown = new Map<string, { readonly key: string; readonly marks: readonly [Uri, Diagnostic][] }>();
  readonly #trials = new WeakMap<Diagnostic, MarkedTrial>();

  constructor(registry: StudyRegistry) {
    super();
    this.#registry = registry;
    this.register(registry.onDidChange(() => this.#updates.request()));
    this.register(
      languages.registerCodeActionsProvider(
        { scheme: 'file' },
        { provideCodeActions: (_, __, { diagnostics }) => diagnostics.flatMap((mark) => this.#actions(mark)) },
        { providedCodeActionKinds: [CodeActionKind.QuickFix] },
      ),
    );
  }

  #actions(mark: Diagnostic): CodeAction[] {
    const trial = this.#trialOf(mark);
    if (!trial) return [];
    const { study, number } = trial;
    const action = (title: string, command: string): CodeAction => ({
      title,
      kind: CodeActionKind.QuickFix,
      diagnostics: [mark],
      command: { title, command, arguments: [{ studyId: study.id, number }] },
    });
    return [
      action(t('debugTrial', { number }), Command.debugTrial),
      action(t('showOutputOf', { number }), Command.showTrialOutput),
    ];
  }

  /** VS Code hands out copies. */
  #trialOf(mark: Diagnostic): MarkedTrial | undefined {
    if (mark.code !== CODE) return undefined;
    for (const { marks } of this.#shown.values()) {
      for (const [, own] of marks)
        if (own.message === mark.message && own.range.isEqual(mark.range)) return this.#trials.get(own);
    }
    return undefined;
  }

  #update(): void {
    let isChanged = false;
    const listed = new Set<string>();
    for (const study of this.#registry.studies) {
      listed.add(study.id);
      isChanged = this.#look(study) || isChanged;
    }
    for (const id of this.#shown.keys()) if (!listed.has(id)) isChanged = this.#shown.delete(id) || isChanged;
    if (!isChanged) return;
    const byFile = new Map<string, [Uri, Diagnostic[]]>();
    for (const { marks } of this.#shown.values()) {
      for (const [uri, mark] of marks) {
        const known = byFile.get(uri.toString());
        if (known) known[1].push(mark);
        else byFile.set(uri.toString(), [uri, [mark]]);
      }
    }
    this.#marks.clear();
    this.#marks.set([...byFile.values()]);
  }

  /** Whether the marks of a study change. */
  #look(study: StudyEntry): boolean {
    const { history, run } = study;
    if (!history || !run || study.storage?.isDigest) return false;
    const { startedAt } = run.record;
    const { failed, isGood } = trialsOfRun(history, startedAt);
    // A run that has just begun has neither: what the last one left stays meanwhile.
    if (failed.length === 0 && !isGood) return false;
    const key = `${startedAt} ${failed.join(',')}`;
    if (this.#shown.get(study.id)?.key === key) return false;
    this.#shown.set(study.id, { key, marks: this.#marksOf(study, history, failed) });
    return true;
  }

  #marksOf(study: StudyEntry, history: History, failed: readonly number[]): [Uri, Diagnostic][] {
    const places = new Map<string, { place: Place; numbers: number[]; reason: string }>();
    for (const number of failed) {
      const place = raisingPlace(study, number);
      const told = failReasonOf(history, number);
      if (!place || !told) continue;
      const cause = failureCause(told);
      const key = `${place.uri} ${place.position.line} ${cause.kind} ${cause.name}`;
      const known = places.get(key);
      if (known) known.numbers.push(number);
      else
        places.set(key, {
          place,
          numbers: [number],
          reason: told.values['last'] ? `${said(told.values['last'])}` : t.say(told),
        });
    }
    return [...places.values()].map(({ place, numbers, reason }) => {
      const number = numbers[0] as number;
      const text = markText(history, numbers, reason);
      const { line } = place.position;
      const mark = new Diagnostic(new Range(line, 0, line, 1000), printable(text), DiagnosticSeverity.Error);
      mark.source = 'Tuneboard';
      mark.code = CODE;
      this.#trials.set(mark, { study, number });
      return [place.uri, mark];
    });
  }
}

function said(value: unknown): string {
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
    // Trials end about in their order: one of an earlier run has only such before it.
    if (!((history.completedAt[number] as number) >= startedAt)) break;
    if (state !== TrialState.fail) isGood = true;
    else if (history.systemAttrs(number)[INTERRUPTED] === undefined) failed.push(number);
  }
  return { failed, isGood };
}

/** Where a trial's program raised what ended it, in the workspace; undefined where nothing tells. */
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
    // An output that leads out of the folder is not read.
    return undefined;
  }
}
