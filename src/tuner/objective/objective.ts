import type { Params } from '../../core/space/distributions.ts';
import type { StartCause } from '../../protocol/runRecord.ts';
import type { Message } from '../../words/message.ts';

/**
 * What a runner of objectives and the session owe each other. The runner owns the trial's process and understands its
 * output; the session owns the study: it stores what is reported, decides about pruning and records the outcome.
 */
export interface ObjectiveRunner {
  /** Starts one trial. Rejects only for faults of the tuner's own; a program that can't be started is an outcome. */
  start(trial: TrialHandle): Promise<RunningObjective>;
  close(): Promise<void>;
}

/** A trial as its runner sees it. */
export interface TrialHandle {
  readonly number: number;
  readonly params: Params;
  /** `NAME=value` that is put into the environment of the trial's processes, so that orphans can be found. */
  readonly marker: { readonly name: string; readonly value: string };
  /** Handed out for this trial alone; null: leave the environment alone. */
  readonly gpu: number | null;
  /** The best value of the study's only objective when it is asked for; null while there is none. */
  readonly best: number | null;
  /** Metrics reported together, in the order printed. Never blocks; a step reported again replaces the earlier values. */
  report(metrics: Readonly<Record<string, number>>, step: number | null): void;
  /** Resolves when everything reported so far is in the storage. */
  flush(): Promise<void>;
  /** Why the trial should end now, as far as it has reported; undefined: it should not. */
  earlyEnd(): EarlyEnd | undefined;
  /** Calls the listener (once) as soon as a stored report says that the trial should end. */
  onEarlyEnd(listener: (cause: EarlyEnd) => void): void;
  /** Whether it has reported a later step since it should end: what it had to do at that end is done. */
  readonly isBeyondEnd: boolean;
  setUserAttr(key: string, value: string | number | boolean | null): Promise<void>;
  /** Derivatives of the objective by parameter, at the trial's parameters. */
  reportGradient(gradient: Readonly<Record<string, number>>): void;
  /** A constraint: satisfied when ≤ 0. */
  setConstraint(name: string, value: number): Promise<void>;
  /** Set where a scheduler trains the trial in parts. */
  readonly part: TrialPart | null;
}

/** A stretch of a trial's training. */
export interface TrialPart {
  /** Folder in which the program finds its checkpoint and leaves it. */
  readonly checkpoint: string;
  /** Steps that the checkpoint has been trained: 0 where there is none. */
  readonly step: number;
  /** Steps to have done at its end, now: a promotion without a pause raises it; null: as many as the program takes. */
  readonly budget: number | null;
}

/** `pruned`: hopeless. `paused`: through for now. `finished`: fully trained. */
export type EarlyEnd = 'pruned' | 'paused' | 'finished';

export interface RunningObjective {
  readonly pid: number | null;
  readonly outcome: Promise<ObjectiveOutcome>;
  /** Ends the process tree; the outcome is then `ended` with this cause, unless the program was faster. */
  end(cause: EndCause): void;
}

export type EndCause = 'stopped' | 'killed' | EarlyEnd;

export type ObjectiveOutcome =
  /** The program ended well: what it reported counts. `lastLines` explain a missing metric. */
  | {
      readonly type: 'done';
      readonly lastLines: readonly string[];
      /** It does not read the value of a parameter, and no other trial will: the study ends with this sentence. */
      readonly neverRead?: Message | undefined;
    }
  /** Ended by `end`, or by itself after the order to prune. */
  | { readonly type: 'ended'; readonly cause: EndCause }
  | {
      readonly type: 'failed';
      /** Stable: `exit`, `signal`, `memory`, `timeout`, `not-found`, `spawn`, `template`. */
      readonly code: string;
      /** One sentence. */
      readonly reason: Message;
      readonly lastLines: readonly string[];
      /** No other trial can do better (the program does not exist). */
      readonly isFatal?: boolean;
      /** It could not begin its work, for a cause that can be mended. */
      readonly cause?: StartCause;
    };
