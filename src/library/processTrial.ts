import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Params } from '../core/space/distributions.ts';
import { dumpJson } from '../core/text/pythonJson.ts';

type Plain = string | number | boolean | null;

export interface StudyObjective {
  readonly metric: string;
  readonly direction: 'minimize' | 'maximize';
}

/** What a trial's process asks the tuner for. */
export interface Exchange {
  request(message: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
}

/**
 * A trial that runs in a process of its own, as the exported function of an objective's module sees it. `P`: the type of
 * its parameters, which `tuneboard types FILE` writes from the study file.
 */
export class ProcessTrial<P = Params> {
  readonly number: number;
  /** The trial's parameters by name. One that its `when` leaves out is not there. */
  readonly params: Readonly<P>;
  /** Folder of this trial's checkpoint, where a scheduler trains it in parts; null where it is trained in one go. */
  readonly checkpoint: string | null;
  /** Steps that an earlier part of the training has reported; 0 for a new trial. */
  readonly startStep: number;
  /** The study's objectives, with the names of their metrics. */
  readonly objectives: readonly StudyObjective[];
  readonly #tuner: Exchange;
  /** The step of a report that names none. */
  #next: number;
  #last: number | undefined;

  constructor(tuner: Exchange, env: Readonly<Record<string, string | undefined>>) {
    this.#tuner = tuner;
    this.number = Number(env['TUNEBOARD_TRIAL_NUMBER'] ?? 0);
    this.params = JSON.parse(env['TUNEBOARD_PARAMS'] ?? '{}') as P;
    this.checkpoint = env['TUNEBOARD_CHECKPOINT'] || null;
    this.startStep = Number(env['TUNEBOARD_STEP'] ?? 0);
    this.objectives = JSON.parse(env['TUNEBOARD_OBJECTIVES'] ?? '[]') as StudyObjective[];
    this.#next = this.startStep;
  }

  /** Whether the (first) objective is maximised. */
  get isMaximised(): boolean {
    return this.objectives[0]?.direction === 'maximize';
  }

  /** The last value that was reported for the (first) objective. */
  get lastReport(): number | undefined {
    return this.#last;
  }

  /**
   * Reports the objective after a step (an epoch, say), or several metrics by name. Resolves when it is stored. Without
   * `step`, reports are counted. Rejects where a value is no number.
   */
  async report(values: number | Readonly<Record<string, number>>, step: number = this.#next): Promise<void> {
    const isOne = typeof values === 'number';
    await this.#tuner.request({ op: 'report', step, ...(isOne ? { value: values } : { metrics: values }) });
    if (isOne) this.#last = values;
    this.#next = Math.floor(step) + 1;
  }

  /** Whether to end now by throwing `TrialPruned`: the trial is hopeless, or has come to the end of its part. */
  async shouldPrune(): Promise<boolean> {
    return (await this.#tuner.request({ op: 'shouldPrune' }))['prune'] === true;
  }

  /** Steps to have done at the end of this part of the training; Infinity where the trial may take as many as it likes. */
  async budget(): Promise<number> {
    const { budget } = await this.#tuner.request({ op: 'budget' });
    return typeof budget === 'number' ? budget : Number.POSITIVE_INFINITY;
  }

  /** Keeps a text, number, bool or null with the trial. */
  async setUserAttr(key: string, value: Plain): Promise<void> {
    await this.#tuner.request({ op: 'attr', key, value });
  }

  /** A constraint of the trial: satisfied when ≤ 0. */
  async setConstraint(name: string, value: number): Promise<void> {
    await this.#tuner.request({ op: 'constraint', name, value });
  }

  /** Derivatives of the objective by parameter, at the trial's parameters: what the sampler `gradient` goes by. */
  async setGradient(gradient: Readonly<Record<string, number>>): Promise<void> {
    await this.#tuner.request({ op: 'gradient', gradient });
  }
}

/** Outside a study: reports go nowhere and no trial is pruned, so that the module runs by itself. */
const nobody: Exchange = { request: async () => ({}) };

/** The connection to the tuner that started this process, one request at a time; `nobody` outside a study. */
export function tunerOf(env: Readonly<Record<string, string | undefined>>): Exchange & { close?(): void } {
  const endpoint = env['TUNEBOARD_ENDPOINT'];
  return endpoint ? new TunerConnection(endpoint, env) : nobody;
}

class TunerConnection implements Exchange {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;
  #turn: Promise<unknown>;

  constructor(endpoint: string, env: Readonly<Record<string, string | undefined>>) {
    const [, path, host, port] = /^unix:(.*)$|^tcp:(.*):(\d+)$/s.exec(endpoint) ?? [];
    this.#socket = path === undefined ? connect(Number(port), host) : connect(path);
    this.#socket.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#socket })[Symbol.asyncIterator]();
    const trial = Number(env['TUNEBOARD_TRIAL_NUMBER'] ?? -1);
    this.#turn = this.#exchange({ op: 'hello', token: env['TUNEBOARD_TOKEN'] ?? '', trial });
    this.#turn.catch(() => undefined);
  }

  request(message: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    const turn = this.#turn.then(() => this.#exchange(message));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #exchange(message: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    this.#socket.write(`${dumpJson(message)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('The tuner cannot be reached: this trial cannot report any more.');
    const answer = JSON.parse(value) as Readonly<Record<string, unknown>>;
    if (answer['ok'] !== true) throw new Error(String(answer['error'] ?? 'The tuner refused the request.'));
    return answer;
  }
}
