/**
 * Messages between the extension and the History panel. Columns travel as typed arrays (structured clone), never as
 * trial objects. A panel that becomes visible says `ready` and gets one full snapshot; after that deltas, at most ten a
 * second. Trials are addressed by number, which is their index in every full column.
 */
import type { ImportanceEvaluator, ImportanceReport } from '../core/importance/assess.ts';
import type { EffectsReport } from '../core/importance/effects.ts';
import type { Choice } from '../core/space/distributions.ts';
import type { Annotation } from '../core/study/notes.ts';
import type { Direction } from '../core/study/states.ts';
import type { StopMode } from './control.ts';
import type { RunState, Steering } from './runRecord.ts';

export interface PanelHeader {
  readonly studyId: string;
  readonly studyName: string;
  readonly run: RunState | 'idle';
  readonly message: string | null;
  readonly directions: readonly Direction[];
  readonly metricNames: readonly string[];
  readonly finished: number;
  readonly total: number | null;
  /** How far a population is: its trials are stretches of its members' trainings, of which no number is known. */
  readonly population: { readonly members: number; readonly step: number } | null;
  readonly startedAt: number | null;
  readonly etaMs: number | null;
  /** Running trials that are not this window's: of workers, of other windows, of Python. */
  readonly elsewhere: number;
  /** Number of the best feasible trial of a study with one objective. */
  readonly best: number | null;
  /** How far the best is ahead of the values that the person began with, in a few words; null where nothing is known. */
  readonly ahead: string | null;
  /** Trials of the Pareto front of a study with several objectives, ascending; empty for one objective. */
  readonly front: Uint32Array;
  /** Trials that the storage calls running although their process is gone: shown so until the next start repairs them. */
  readonly interrupted: readonly number[];
  /** Whether this window may run things (trusted workspace, source known): buttons appear only when they can work. */
  readonly canStart: boolean;
  readonly canStop: boolean;
  /** Orders that the study's process can follow now; none in a window that may not run things. */
  readonly steering: readonly Steering[];
  /** Trials to finish over all runs, and how many run at a time, as the study's process says; null without one. */
  readonly budget: number | null;
  readonly parallel: number | null;
  /** Running trials of this window's run: what a stop waits for or ends. */
  readonly runningHere: number;
  /** Whether a study whose budget is used up can be given more trials. */
  readonly canRunMore: boolean;
  readonly canInsert: boolean;
}

/** What the panel's header may ask of the study's process; `runMore` begins a new run with so many trials more. */
export type PanelOrder =
  | { readonly order: 'pause' | 'resume' }
  | { readonly order: 'stop'; readonly mode: StopMode }
  | { readonly order: 'setBudget'; readonly trials: number }
  | { readonly order: 'setParallel'; readonly parallel: number }
  | { readonly order: 'runMore'; readonly trials: number };

export interface PanelParameter {
  readonly name: string;
  readonly kind: 'float' | 'int' | 'categorical';
  readonly log: boolean;
  /** Range of the newest distribution; 0 and choices.length − 1 for a categorical one. */
  readonly low: number;
  readonly high: number;
  readonly choices: readonly Choice[] | null;
  /** Width of the grid; null for a continuous range and for choices. */
  readonly step: number | null;
  /** Internal values, one a row of `numbers`, NaN where absent. */
  readonly values: Float64Array;
}

/** A user attribute, or the worker, of the rows that have it. */
export interface PanelAttribute {
  readonly name: string;
  readonly kind: 'attribute' | 'worker';
  /** Places in the rows. */
  readonly rows: Uint32Array;
  /** One a place: a number as it is, anything else as text. */
  readonly values: Float64Array | readonly string[];
}

/**
 * What schedulers and population methods noted on the rows, one element a row: −1 or no rung where they noted nothing.
 */
export interface PanelSchedule {
  /** 1 for a paused trial: the storage calls it waiting, and it goes on from where it stopped. */
  readonly paused: Uint8Array;
  /**
   * Row i was let train to rungs[rungOffsets[i] … rungOffsets[i + 1]), ascending. Where these are steps, a promoted trial's
   * first one, that of its bracket, is left out.
   */
  readonly rungOffsets: Uint32Array;
  readonly rungs: Float64Array;
  /** Whether `rungs` are steps; otherwise Optuna's rung numbers, which is all that its pruners note. */
  readonly areRungsSteps: boolean;
  readonly brackets: Int32Array;
  readonly generations: Int32Array;
  /** Place in the population of population based training, of which a trial is a stretch of one member's training. */
  readonly members: Int32Array;
  /** Trial with whose weights this one began. */
  readonly parents: Int32Array;
  /** Steps that a member's weights had been trained when the trial began, and that they have been trained now. */
  readonly trainedFrom: Float64Array;
  readonly trainedTo: Float64Array;
}

/** Rows of trials. In a snapshot `numbers` is 0…n−1; in a delta it names the rows that changed or are new. */
export interface PanelRows {
  readonly numbers: Uint32Array;
  readonly states: Uint8Array;
  /** 1, or 0 for a trial that violates its constraints: such a one is drawn but is never a best. */
  readonly feasible: Uint8Array;
  /** `directions.length` a row. */
  readonly values: Float64Array;
  /** Epoch milliseconds. */
  readonly startedAt: Float64Array;
  readonly completedAt: Float64Array;
  readonly parameters: readonly PanelParameter[];
  readonly attributes: readonly PanelAttribute[];
  /** Row i's curve is steps/values[curveOffsets[i] … curveOffsets[i + 1]). */
  readonly curveOffsets: Uint32Array;
  readonly curveSteps: Float64Array;
  readonly curveValues: Float64Array;
  /** Null when nothing is noted on any of the rows. */
  readonly schedule: PanelSchedule | null;
}

export type { ImportanceEvaluator };

export interface ImportanceQuestion {
  readonly evaluator: ImportanceEvaluator;
  readonly objective: number;
  /** The trials to measure on; all where it is left out. */
  readonly selection?: ImportanceSelection | null;
}

/** Trials that the panel's filter leaves. */
export interface ImportanceSelection {
  /** Another one is another selection. */
  readonly key: string;
  /** Trial n in bit n % 32 of word ⌊n / 32⌋; trials beyond are out. */
  readonly bits: Uint32Array;
}

/** The answer; without parameters where there are too few trials. */
export interface PanelImportance extends ImportanceQuestion, ImportanceReport {
  /** Why there is no answer: one sentence. */
  readonly problem: string | null;
  /** What a model of the same trials expects; null where it could not be made. */
  readonly expected: EffectsReport | null;
}

/** A study beside others: what its finished trials reached, in the order in which they ended. */
export interface ComparedStudy {
  /** Its place: the same in every window and after a reload. */
  readonly id: string;
  readonly name: string;
  /** Why it cannot be compared, or not yet: one sentence. Nothing but its name is known then. */
  readonly problem: string | null;
  readonly directions: readonly Direction[];
  readonly metricNames: readonly string[];
  /** Complete, pruned and failed trials. */
  readonly finished: number;
  /** One a complete trial that violates no constraint: finished trials up to and with it, ascending. */
  readonly places: Uint32Array;
  /** Milliseconds from the start of the first trial to the end of each of these; NaN where a time is unknown. */
  readonly elapsed: Float64Array;
  /** `directions.length` one of these. */
  readonly values: Float64Array;
}

export type ToPanel =
  | {
      readonly type: 'snapshot';
      readonly header: PanelHeader;
      readonly rows: PanelRows;
      readonly selected: number | null;
    }
  | { readonly type: 'delta'; readonly header: PanelHeader; readonly rows: PanelRows }
  | { readonly type: 'select'; readonly number: number | null }
  /** Sent for the selected trial: after every selection, from either side, and when that trial changes. */
  | { readonly type: 'detail'; readonly detail: PanelDetail }
  | { readonly type: 'importance'; readonly importance: PanelImportance }
  /** Sent while a measurement takes more than a second. */
  | { readonly type: 'importanceProgress'; readonly question: ImportanceQuestion; readonly done: number }
  /** What the workspace keeps, before the first snapshot and whenever any panel changed it. */
  | { readonly type: 'kept'; readonly kept: KeptBoards }
  /** After every snapshot, and when anything was noted. */
  | { readonly type: 'annotations'; readonly annotations: PanelAnnotations }
  /** Whether a note, or a star and tags, were saved. */
  | {
      readonly type: 'saved';
      readonly what: 'note' | 'marks';
      readonly number: number | null;
      readonly isSaved: boolean;
    }
  /** Whether all trials that were to run again wait now. */
  | { readonly type: 'enqueued'; readonly isSaved: boolean }
  /** What was asked for with `artifact`; null: nothing can be shown of it here. */
  | {
      readonly type: 'artifact';
      readonly number: number;
      readonly name: string;
      readonly preview: ArtifactPreview | null;
    }
  /**
   * The studies that are compared, the panel's own first, and those of them that are new or have changed. `isAsked`: a
   * person has just chosen them.
   */
  | {
      readonly type: 'compared';
      readonly ids: readonly string[];
      readonly studies: readonly ComparedStudy[];
      readonly isAsked: boolean;
    }
  /** An order was followed, or could not be: the headers before this have what is true now. */
  | { readonly type: 'ordered'; readonly order: PanelOrder['order'] }
  | { readonly type: 'gone'; readonly message: string };

/**
 * What is kept of boards in the workspace state, for the panel to read: other versions wrote it, or a person pasted it, so
 * the panel takes what fits.
 */
export interface KeptBoards {
  /** How the tiles are arranged, by kind of study. */
  readonly boards: Readonly<Record<string, unknown>>;
  /** Saved views by name, in the order in which they were saved. */
  readonly views: Readonly<Record<string, unknown>>;
}

/** A metric that a trial prints, as [step, value] in the order of steps: two at least. */
export interface MetricCurve {
  readonly name: string;
  readonly points: readonly (readonly [step: number, value: number])[];
}

/** What the side column shows beside the columns that the panel has. */
export interface PanelDetail {
  readonly number: number;
  /** Why the trial failed or was pruned, in words for the user; null when nothing is known. */
  readonly reason: string | null;
  /** Whether an output file exists: the Output button appears only then. */
  readonly hasOutput: boolean;
  readonly canDebug: boolean;
  /** Of what the trial prints: losses and scores beside the objective. */
  readonly curves: readonly MetricCurve[];
  /** Who proposed the trial, its rung, generation, place in a population and constraints, in words. */
  readonly facts: readonly { readonly name: string; readonly text: string }[];
  /** User attributes, ready to show. */
  readonly attributes: readonly { readonly name: string; readonly text: string }[];
  /** What it printed; null where nothing is known of that. */
  readonly log: PanelText | null;
  /** What followed the sentence that says why it failed: a traceback, or the end of its output elsewhere. */
  readonly traceback: PanelText | null;
  /** Files that it wrote. */
  readonly artifacts: readonly PanelArtifact[];
}

export type ArtifactKind = 'image' | 'audio' | 'csv' | 'json' | 'text' | 'other';

/** A file that a trial wrote; its name tells it from the trial's others. */
export interface PanelArtifact {
  readonly name: string;
  readonly kind: ArtifactKind;
  /** Bytes; null where it cannot be opened. */
  readonly size: number | null;
  /** Why it cannot be opened: a few words. */
  readonly problem: string | null;
}

export type ArtifactPreview =
  /** `url`: the file itself, as a data URL. */
  | { readonly kind: 'image' | 'audio'; readonly url: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'csv'; readonly rows: readonly (readonly string[])[] };

/** Some lines of text, and the places in it that can be opened. */
export interface PanelText {
  readonly text: string;
  /** Whether there is more before it. */
  readonly isEnd: boolean;
  /** By start; offsets in UTF-16 code units. `link` names the place to the extension. */
  readonly links: readonly { readonly start: number; readonly end: number; readonly link: number }[];
}

/**
 * What the webview keeps with `setState` and a `WebviewPanelSerializer` gets back after a reload of the window: the host
 * needs only `studyId`; the rest is the panel's own.
 */
export interface PanelState {
  readonly studyId: string;
}

/** Asks the extension to run one of its commands for this study. */
export type PanelAction =
  | 'start'
  | 'stop'
  | 'pause'
  | 'resume'
  | 'enqueue'
  | 'kill'
  | 'insertBest'
  | 'insertTrial'
  | 'showOutput'
  | 'debugTrial'
  | 'showRunLog';

/** What was noted on a study and its trials, by trial number. */
export interface PanelAnnotations {
  readonly study: Annotation;
  readonly trials: readonly (readonly [number: number, annotation: Annotation])[];
  /** Why nothing can be noted here: one sentence; null where it can. */
  readonly readOnly: string | null;
}

/** What the panel asks the extension to do with its study, beside its commands. `number` null: the study itself. */
export type PanelAsk =
  | { readonly type: 'order'; readonly order: PanelOrder }
  /** `version`: of the note that the text was written from; nothing is saved where it is another one by now. */
  | { readonly type: 'note'; readonly number: number | null; readonly text: string; readonly version: number }
  | {
      readonly type: 'marks';
      readonly number: number | null;
      readonly star: boolean;
      readonly tags: readonly string[];
    }
  /** Runs these trials again: with the values of `edits` in all of them, and those of `free` left to the sampler. */
  | {
      readonly type: 'enqueue';
      readonly numbers: readonly number[];
      readonly edits: readonly (readonly [name: string, value: Choice])[];
      readonly free: readonly string[];
    };

export type FromPanel =
  | PanelAsk
  | { readonly type: 'ready' }
  /** The page has got the keyboard. The editor does not report that for a panel that stayed in front meanwhile. */
  | { readonly type: 'focus' }
  | { readonly type: 'select'; readonly number: number | null }
  /** Which importance the panel shows; it is sent at once and as trials complete. Null while its chart is out of sight. */
  | { readonly type: 'importance'; readonly question: ImportanceQuestion | null }
  /** The studies beside the panel's own that are to be compared; null while the comparison is out of sight. */
  | { readonly type: 'compare'; readonly ids: readonly string[] | null }
  /** Asks the person for the studies to compare. */
  | { readonly type: 'chooseCompared' }
  /** Text for the clipboard, or for a file that a person chooses a place for. */
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'save'; readonly extension: string; readonly text: string }
  | { readonly type: 'keepBoard'; readonly kind: string; readonly board: unknown }
  /** Keeps a view under a name that the person is asked for. */
  | { readonly type: 'saveView'; readonly view: unknown }
  | { readonly type: 'removeView'; readonly name: string }
  /** Keeps the view that the clipboard holds as JSON. */
  | { readonly type: 'pasteView' }
  | { readonly type: 'action'; readonly action: PanelAction; readonly number: number | null }
  /** A file of the newest detail, to be shown, or opened with the editor. */
  | { readonly type: 'artifact'; readonly number: number; readonly name: string; readonly opens: boolean }
  /** A link of a text of the newest detail. */
  | { readonly type: 'openLink'; readonly link: number }
  /** What `setState` should survive a reload with is kept by the webview itself; this tells a failure to the log. */
  | { readonly type: 'error'; readonly message: string };
