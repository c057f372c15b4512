/**
 * What the tuner's session and the runner of an Optuna script owe each other. The session owns the run folder, the run
 * record, the control socket and the journal; the runner owns the Python process. `runOptunaScript(options)` resolves when the script has ended and every change is in the storage.
 */
import type { GivenOptions } from '../../../core/methodOptions.ts';
import type { WritableTrialLog } from '../../../core/study/studyStore.ts';
import type { StopMode } from '../../../protocol/control.ts';
import type { LaunchRecord, RanObjective } from '../../../protocol/runRecord.ts';
import type { RunFolder } from '../../../runs/runFolder.ts';
import type { Owner } from '../../../runs/trialOwner.ts';
import type { RunOutcome } from '../../run/outcome.ts';

import type { ScriptLaunch } from '../launch/launchContext.ts';

/** Who suggests parameters and prunes where a script leaves it to Optuna. */
export interface ScriptSuggestions {
  readonly sampler?: { readonly type: string; readonly seed: number | null; readonly options: GivenOptions };
  readonly pruner?: { readonly type: string; readonly options: GivenOptions };
  /** Also where the script names a sampler or pruner of its own. */
  readonly override?: boolean;
}

export interface OptunaRunOptions {
  /** Absolute path of the `.py` or `.ipynb`. */
  readonly script: string;
  readonly args: readonly string[];
  /** `log`: no import hook; trials are rebuilt from the printed lines into `log`. */
  readonly attach: 'hook' | 'log';
  readonly launch: ScriptLaunch;
  /** Folder of the study file that names the script; null: none does. */
  readonly base: string | null;
  /** Names of the objectives, where the study file gives them; empty: the printed lines tell. */
  readonly metrics: readonly string[];
  /** For a study that the script leaves without a name of its own. */
  readonly studyName: string;
  /**
   * Go on with the in-memory studies of the script's last run: its trials are loaded, cut-off ones are run again, and
   * `n_trials` counts the finished ones. Otherwise a run makes new studies (`NAME (2)` where the name is taken).
   */
  readonly resume?: boolean;
  /** Goes into the trials of in-memory studies (system attribute `OWNER`): tells whose they are. */
  readonly owner?: Owner;
  /** Without it, Optuna's own. Needs `attach: hook`. */
  readonly suggest?: ScriptSuggestions;
  readonly folder: RunFolder;
  /** The journal at `folder.journal`, open for writing: text-log trials, metric lines and repairs go through it. */
  readonly log: WritableTrialLog;
  readonly control: OptunaRunControl;
  readonly events: OptunaRunEvents;
}

/** Orders. A listener is called at once with what was ordered already. */
export interface OptunaRunControl {
  /** `now` may follow `afterCurrent`. */
  onStop(listener: (mode: StopMode) => void): void;
  /** While paused a running trial goes on and no new one starts. Only a hooked script can be paused. */
  onPause(listener: (isPaused: boolean) => void): void;
  /** Finished trials at which a study is ended as by a stop; null: as many as the script wants. */
  onTrialLimit(listener: (trials: number | null) => void): void;
}

export interface OptunaRunEvents {
  /** The script's process has started: the session records its pid, so that a later start can end an orphan. */
  started(pid: number): void;
  /**
   * The study and its storage are known. `location`: absolute path or URL without password. `metric` and `trials`
   * (the script's own `n_trials`, when known) go into the run record, and so does the function that the study runs.
   */
  study(study: {
    location: string;
    name: string;
    metric?: string;
    trials?: number | null;
    objective?: RanObjective;
  }): void;
  /** How the script is launched. */
  launched?(launch: LaunchRecord): void;
  /** A line for tuner.log: what happened, in one sentence. */
  note(sentence: string): void;
  /** Optuna could not be hooked: from here on the printed lines are read, and only a stop can be ordered. */
  hookFailed(): void;
  /** A line of the script's output, as the live view may show it (the runner writes the log files itself). */
  output?(line: string): void;
}

export type RunOptunaScript = (options: OptunaRunOptions) => Promise<RunOutcome>;
