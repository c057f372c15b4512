/**
 * What the extension tells the language server beside the Language Server Protocol: which studies belong to which file.
 * The server turns them into lenses, ghost text and edits. One notification, always the full list.
 */

import type { GoodRange } from '../core/importance/goodRegion.ts';
import type { ParamValue } from '../core/space/distributions.ts';
import type { Direction } from '../core/study/states.ts';
import type { Launch } from './launch.ts';
import type { RunState } from './runRecord.ts';

export interface StudyLink {
  /** Stable id that commands take as their argument: `<storage location>#<study name>`. */
  readonly id: string;
  readonly studyName: string;
  /** The function or class that it runs, as the launcher saw it. */
  readonly objective?: string;
  /** URIs of the files that the study belongs to: study file, script, notebook. */
  readonly sources: readonly string[];
  /** `idle`: no process runs it. */
  readonly run: RunState | 'idle';
  readonly finished: number;
  readonly total: number | null;
  readonly direction: Direction | null;
  readonly metric: string | null;
  readonly best: BestTrial | null;
  /** The best value with as many digits as the tree and the panel show. */
  readonly bestText: string | null;
  /** How many trials are on the Pareto front of a study with several objectives; left out for one objective. */
  readonly front?: number;
}

export interface BestTrial {
  readonly number: number;
  readonly value: number;
  readonly params: readonly {
    readonly name: string;
    readonly value: ParamValue;
    readonly kind: 'float' | 'int' | 'categorical';
  }[];
}

/** Method of the notification extension → server. */
export const STUDY_LINKS = 'tuneboard/studyLinks';

export interface StudyLinks {
  readonly links: readonly StudyLink[];
  /** Whether the workspace is trusted; left out: it is. */
  readonly isTrusted?: boolean;
}

/**
 * Request extension → server: the edits that put the best parameters into a document (code action, command and preview
 * all use it). Works on the server's copy of the open document.
 */
export const BEST_PARAMS_EDITS = 'tuneboard/bestParamsEdits';

/**
 * What is done with a trial's parameters:
 *
 *   values   the places outside the search that take them: the final model, a call, a dict, a configuration
 *   dict     `best_params = {…}` with a comment that says where it comes from
 *   enqueue  `study.enqueue_trial({…})`: the next search starts there
 *   narrow   the ranges around the good region
 *   freeze   the values in place of the search: its ranges are lost
 */
export const INSERT_WAYS = ['values', 'dict', 'enqueue', 'narrow', 'freeze'] as const;
export type InsertWay = (typeof INSERT_WAYS)[number];

export interface BestParamsEditsParams {
  readonly uri: string;
  readonly best: BestTrial;
  /** Where a new dict or object goes when nothing in the document matches. */
  readonly cursor: { readonly line: number; readonly character: number } | null;
  /** URI of the study's file: parameters that have `at` there go to that place, and to no other. */
  readonly studyFile?: string;
  /** Left out: the values where their names are, the search among these places. */
  readonly way?: InsertWay;
  readonly study?: StudyTie;
  /** Where the good trials lie, for `narrow`. */
  readonly ranges?: Readonly<Record<string, GoodRange>>;
  /** What a comment says about where the values come from. */
  readonly note?: string;
  /** Whether rewritten values get that comment too. */
  readonly isNoted?: boolean;
  /** The document as the editor has it, where the server does not follow it. */
  readonly document?: { readonly languageId: string; readonly text: string };
}

/** Which study of a script is meant: its name, and the function that it runs as far as that is known. */
export interface StudyTie {
  readonly name: string;
  readonly objective?: string;
}

/** Request extension → server: what can be done with a trial's parameters, and where; the best first. */
export const INSERT_CHOICES = 'tuneboard/insertChoices';

export interface InsertChoicesParams {
  /** The script, notebook or other file that was asked for. */
  readonly uri: string;
  /** Its cells, where it is a notebook. */
  readonly cells?: readonly string[];
  readonly best: BestTrial;
  readonly studyFile?: string;
  readonly study?: StudyTie;
  readonly ranges?: Readonly<Record<string, GoodRange>>;
  /** Trusted folders: other files are looked for in them only. */
  readonly roots: readonly string[];
}

export interface InsertChoice {
  readonly way: InsertWay;
  /** The files that change. */
  readonly uris: readonly string[];
  /** What changes, as `BestParamsEdits` labels it. */
  readonly labels: readonly string[];
  /** Parameters that have no place there. */
  readonly unmatched: readonly string[];
  readonly unchanged: readonly string[];
}

export interface BestParamsEdits {
  readonly edits: readonly {
    readonly range: {
      readonly start: { readonly line: number; readonly character: number };
      readonly end: { readonly line: number; readonly character: number };
    };
    readonly newText: string;
    /** What is replaced by what, for the refactor preview: `learning_rate: 2e-05 → 2.68e-05`. */
    readonly label: string;
  }[];
  /** Parameters that nothing in the document matched. */
  readonly unmatched: readonly string[];
  /** Parameters whose place in the document holds the value already. */
  readonly unchanged: readonly string[];
}

/** Request extension → server: a draft study file for a script without one. */
export const DRAFT_STUDY_FILE = 'tuneboard/draftStudyFile';

export interface DraftStudyFileParams {
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
  /** How the study file refers to the script, relative to the study file's folder. */
  readonly scriptPath: string;
  /** Words that stay at the end of the command: the arguments that they give are not searched. */
  readonly given?: readonly string[];
  /** How the script is run already: the draft runs it so, and searches what its arguments give. */
  readonly launch?: Launch;
  /** Other ways in which it is run, as a person reads them. */
  readonly others?: readonly string[];
  /** What a run of it has printed: the metric, where it is clear, and all candidates. */
  readonly printed?: { readonly metric: PrintedMetric | null; readonly names: readonly string[] };
}

export interface PrintedMetric {
  readonly name: string;
  readonly direction: 'minimize' | 'maximize';
}

/** What kind of thing a document is to Start Study. `sites`: its values stand in the code. */
export type ScriptKind = 'optuna' | 'arguments' | 'sites' | 'plain';

export interface DraftStudyFile {
  readonly kind: ScriptKind;
  /** The text of the study file; null for an Optuna script that is run by its path alone, which needs none. */
  readonly text: string | null;
  /** What a person should check, one sentence each. */
  readonly check: readonly string[];
  /** Why there is nothing to start, where more is known than that there are neither a study nor arguments. */
  readonly why?: string;
}

/** Notification extension → server: the study files of the workspace, always all of them; sent again when one changed. */
export const STUDY_FILES = 'tuneboard/studyFiles';

export interface StudyFiles {
  readonly uris: readonly string[];
}

/** Request extension → server: the values of a script that a study can vary. */
export const TUNE_CANDIDATES = 'tuneboard/tuneCandidates';

export interface TuneCandidatesParams {
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
  /** Offsets: only what lies there, whatever its name. Left out: what is worth a search in the script and its modules. */
  readonly part?: { readonly start: number; readonly end: number };
  /** The study file that it goes into; null: one that does not exist yet, beside the script. */
  readonly studyFile: { readonly uri: string; readonly text: string } | null;
}

export interface TuneCandidate {
  /** What the parameter would be called. */
  readonly name: string;
  readonly value: string;
  /** The proposed range as a person reads it. */
  readonly range: string;
  /** What stands after the name in the study file. */
  readonly line: string;
  /** The file relative to the study file's folder. */
  readonly file: string;
  readonly uri: string;
  /** From 1. */
  readonly lineNumber: number;
  /** 1 to 10 for known names, 0 for the others. */
  readonly rank: number;
  /** The parameter of the study file that stands there already. */
  readonly parameter: string | null;
}

/** Request extension → server: how a study file changes when values are tuned, or are not any more. */
export const TUNE_EDITS = 'tuneboard/tuneEdits';

export interface TuneEditsParams {
  /** Null: a new study file for `script` (its path relative to the study file). */
  readonly text: string | null;
  readonly script: string;
  readonly languageId: string;
  /** How the script of a new study file is run. */
  readonly launch?: Launch;
  readonly add: readonly { readonly name: string; readonly line: string }[];
  readonly remove: readonly string[];
}

export interface TuneEdits {
  readonly edits: readonly { readonly start: number; readonly end: number; readonly newText: string }[];
  /** The whole text afterwards. */
  readonly text: string;
  /** Of the first parameter that is new, in the text afterwards. */
  readonly added: { readonly start: number; readonly end: number } | null;
}
