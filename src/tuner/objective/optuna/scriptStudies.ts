import type { RanObjective } from '../../../protocol/runRecord.ts';
import type { LauncherEvent } from './launcherChannel.ts';
import type { OptunaRunOptions } from './optunaRun.ts';
import type { ScriptOutput } from './scriptOutput.ts';

interface KnownStudy {
  readonly name: string;
  readonly location: string | null;
  metric: string | undefined;
  trials: number | null;
  objective?: RanObjective | undefined;
}

/** A trial that the script's process was running when it ended. */
export interface RunningTrial {
  readonly study: string;
  readonly location: string;
  readonly number: number;
}

/** What a script has told about its studies. The one that it works on is the one that the run record names. */
export class ScriptStudies {
  readonly #options: OptunaRunOptions;
  readonly #output: ScriptOutput;
  readonly #onHookFailed: () => void;
  readonly #studies = new Map<number, KnownStudy>();
  readonly #running = new Map<string, RunningTrial>();
  /** Studies whose trials are being run, the outermost first: a trial may tune something of its own. */
  readonly #optimizing: number[] = [];
  #active: number | undefined;
  #unrecorded: string | undefined;
  #hadTrial = false;

  constructor(options: OptunaRunOptions, output: ScriptOutput, onHookFailed: () => void) {
    this.#options = options;
    this.#output = output;
    this.#onHookFailed = onHookFailed;
  }

  /** Whether a trial has ended. */
  get hadTrial(): boolean {
    return this.#hadTrial;
  }

  get any(): boolean {
    return this.#studies.size > 0;
  }

  /** Why trials of the script are missing in our journal, if any are. */
  get unrecorded(): string | undefined {
    return this.#unrecorded;
  }

  running(): RunningTrial[] {
    return [...this.#running.values()];
  }

  take(event: LauncherEvent): void {
    const { events } = this.#options;
    switch (event.event) {
      case 'optuna':
        break;
      case 'problem':
        events.note(event.message);
        this.#unrecorded ??= event.unrecorded;
        break;
      case 'hookFailed':
        events.note(
          `This Optuna could not be watched from inside (${event.message}): its printed lines are read instead.`,
        );
        this.#onHookFailed();
        break;
      case 'study':
        this.#add(event);
        break;
      case 'optimize':
        this.#optimize(event);
        break;
      case 'optimizeEnd': {
        const index = this.#optimizing.lastIndexOf(event.study);
        if (index >= 0) this.#optimizing.splice(index, 1);
        break;
      }
      case 'metric':
        this.#change(event.study, { metric: event.name });
        if (this.#active === event.study) this.#tell(event.study);
        break;
      case 'trial':
        this.#trial(event);
        break;
      default:
        event satisfies never;
    }
  }

  #add(event: LauncherEvent & { event: 'study' }): void {
    const { study, name, location } = event;
    // A forked child tells its parent's studies again.
    if (this.#studies.has(study)) return;
    this.#studies.set(study, { name, location, metric: undefined, trials: null });
    this.#output.name(study, name);
    if (location === null) {
      const kind = event.kind ?? 'its storage';
      this.#options.events.note(`Study "${name}" keeps its trials where nobody else can read them (${kind}).`);
    } else if (this.#active === undefined) this.#activate(study);
  }

  #change(study: number, change: Partial<KnownStudy>): void {
    const known = this.#studies.get(study);
    if (known) Object.assign(known, change);
  }

  #optimize({ study, trials, objective }: LauncherEvent & { event: 'optimize' }): void {
    this.#change(study, { trials, ...(objective && { objective }) });
    this.#optimizing.push(study);
    if (this.#optimizing[0] === study) this.#activate(study);
  }

  #activate(study: number): void {
    this.#active = study;
    this.#tell(study);
  }

  #tell(study: number): void {
    const known = this.#studies.get(study);
    if (!known || known.location === null) return;
    const { location, name, metric, trials, objective } = known;
    this.#options.events.study({ location, name, ...(metric && { metric }), ...(objective && { objective }), trials });
  }

  #trial({ study, number, phase }: LauncherEvent & { event: 'trial' }): void {
    const known = this.#studies.get(study);
    if (!known) return;
    const key = `${study}.${number}`;
    if (phase === 'end') {
      this.#hadTrial = true;
      this.#running.delete(key);
      this.#output.ended({ study, number });
      return;
    }
    if (known.location !== null) this.#running.set(key, { study: known.name, location: known.location, number });
    const outermost = this.#optimizing[0] ?? study;
    if (this.#active !== study && outermost === study && known.location !== null) this.#activate(study);
  }
}
