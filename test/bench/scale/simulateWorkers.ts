import { Random } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import type { SamplerType } from '../../../src/core/samplers/samplerMethods.ts';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { INTERRUPTED } from '../../../src/core/study/attributes.ts';
import { Direction, isFinished, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import { Budget, OtherWorkers } from '../../../src/tuner/run/budget.ts';
import { newOwner, SignedLog } from '../../../src/tuner/trials/ownership.ts';
import { repairTrials, SilenceWatch } from '../../../src/tuner/trials/repair.ts';
import { TrialSource } from '../../../src/tuner/trials/trialSource.ts';
import { SlowLog, type SlowOptions } from './slowLog.ts';
import { VirtualTime } from './virtualTime.ts';

export interface Simulation extends SlowOptions {
  readonly workers: number;
  readonly trials: number;
  /** Of the median trial; durations are log-normal with σ 0.5. */
  readonly seconds: number;
  /** Share of trials during which their worker dies; another one takes its place. */
  readonly deaths: number;
  readonly reports: number;
  readonly heartbeatSeconds: number;
  readonly sampler: SamplerType;
  readonly seed: number;
}

export interface SimulatedScale {
  /** Share of the workers' time, until the last new trial began, that went into trials that count. */
  readonly efficiency: number;
  /** The same until the last trial began at all: what is run again begins when most workers have nothing left to do. */
  readonly efficiencyWithRetries: number;
  /** Trials that count; as many as asked for, if none is lost or doubled. */
  readonly counted: number;
  /** Trials whose worker died, and how often one was run again. */
  readonly died: number;
  readonly retried: number;
  readonly doubled: number;
  /** Calls of the storage a trial that counts. */
  readonly reads: number;
  readonly writes: number;
  readonly beats: number;
  /** The longest wait of a write, in milliseconds. */
  readonly longestWaitMs: number;
}

const SPACE = {
  parameters: Array.from({ length: 4 }, (_, index) => ({ name: `x${index}`, distribution: floatDistribution(0, 1) })),
};

/**
 * Workers as `tuneboard worker` is one (its own places, budgets, signs of life, repairs), without processes: the storage's
 * time and the trials' are virtual, and asking a sampler takes none.
 */
export async function simulateWorkers(simulation: Simulation): Promise<SimulatedScale> {
  const time = new VirtualTime();
  const slow = new SlowLog(time, simulation);
  const record = await slow.createStudy({ name: 'scale', directions: [Direction.minimize] });
  const crew = new Crew(simulation, time, slow, record);
  for (let place = 0; place < simulation.workers; place++) void crew.work();
  await time.run(() => crew.isDone);
  return crew.result();
}

class Crew {
  readonly #simulation: Simulation;
  readonly #time: VirtualTime;
  readonly #slow: SlowLog;
  readonly #record: StudyRecord;
  readonly #random: Random;
  #died = 0;
  /** Numbers of the trials that were cut off, as often as they were. */
  readonly #again: number[] = [];
  readonly #ended: number[] = [];
  #lastStart = 0;
  #lastRetry = 0;
  readonly #busy: { from: number; to: number }[] = [];

  constructor(simulation: Simulation, time: VirtualTime, slow: SlowLog, record: StudyRecord) {
    this.#simulation = simulation;
    this.#time = time;
    this.#slow = slow;
    this.#record = record;
    this.#random = new Random(simulation.seed, 0, 'scale');
  }

  get isDone(): boolean {
    return this.#record.history.running.size === 0 && this.#counted() >= this.#simulation.trials;
  }

  /** One worker, until it dies or there is nothing left to do. */
  async work(): Promise<void> {
    const { trials, seed, sampler, heartbeatSeconds } = this.#simulation;
    const owner = newOwner({ beats: heartbeatSeconds });
    const log = new SignedLog(this.#slow, owner);
    const study = new Study(log, this.#record, {
      space: SPACE,
      sampler: createSampler({ type: sampler, seed }),
      pruner: null,
    });
    const budget = new Budget(this.#record.history, { trials, timeoutMs: null });
    const others = new OtherWorkers(this.#record.history, owner.session);
    const source = new TrialSource({ study, budget, others, scheduled: null, sleep: (ms) => this.#time.sleep(ms) });
    const self = { active: undefined as number | undefined, isGone: false };
    void this.#live(self, log);
    while (!source.isDone) {
      const found = source.mayAsk(0) ? await source.next(0) : undefined;
      if (!found) {
        await this.#time.sleep(5000);
        await study.refresh();
        continue;
      }
      self.active = found.trial.number;
      if (!(await this.#run(study, found.trial.number))) {
        self.isGone = true;
        // Whoever placed the worker places another one.
        void this.#time.sleep(10_000).then(() => this.work());
        return;
      }
      self.active = undefined;
    }
    self.isGone = true;
  }

  /** Signs of life, and a look after those that give none. */
  async #live(self: { active: number | undefined; isGone: boolean }, log: SignedLog): Promise<void> {
    const { heartbeatSeconds } = this.#simulation;
    await this.#time.sleep(this.#random.uniform() * heartbeatSeconds * 1000);
    const silence = new SilenceWatch(2000 * heartbeatSeconds + 1000, () => this.#time.now);
    while (!self.isGone) {
      if (self.active !== undefined) await log.heartbeats.heartbeat(this.#record, [self.active]);
      for (const { number } of await repairTrials(log, this.#record, { host: 'none', silence }))
        this.#again.push(number);
      await this.#time.sleep(heartbeatSeconds * 1000);
    }
  }

  /** False: the worker died. */
  async #run(study: Study, number: number): Promise<boolean> {
    const { seconds, reports, deaths } = this.#simulation;
    const began = this.#time.now;
    // What is run again begins late, when nearly all others are done.
    if (!this.#again.includes(number)) this.#lastStart = began;
    this.#lastRetry = began;
    const duration = seconds * 1000 * Math.exp(0.5 * this.#random.normal());
    if (this.#random.uniform() < deaths) {
      await this.#time.sleep(duration * this.#random.uniform());
      this.#died++;
      return false;
    }
    const params = study.history.params(number);
    const value = Object.values(params).reduce<number>((sum, x) => sum + (Number(x) - 0.3) ** 2, 0);
    for (let step = 0; step < reports; step++) {
      await this.#time.sleep(duration / reports);
      await study.commit([{ type: 'intermediate', number, step, value: value + 1 / (step + 1) }]);
    }
    this.#busy.push({ from: began, to: this.#time.now });
    await study.tell(number, { values: [value] });
    this.#ended.push(number);
    return true;
  }

  #counted(): number {
    const { history } = this.#record;
    let interrupted = 0;
    for (let number = 0; number < history.length; number++) {
      if (history.state(number) === TrialState.fail && history.systemAttrs(number)[INTERRUPTED] !== undefined)
        interrupted++;
    }
    return history.count(TrialState.complete) + history.count(TrialState.fail) - interrupted;
  }

  #busyUntil(end: number): number {
    return this.#busy.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, end) - from), 0);
  }

  result(): SimulatedScale {
    const { history } = this.#record;
    const { workers } = this.#simulation;
    const counted = this.#counted();
    const unfinished = Array.from(history.states.keys()).filter((number) => !isFinished(history.state(number))).length;
    const { reads, writes, beats } = this.#slow.calls;
    return {
      efficiency: this.#busyUntil(this.#lastStart) / (workers * this.#lastStart),
      efficiencyWithRetries: this.#busyUntil(this.#lastRetry) / (workers * this.#lastRetry),
      counted: counted - unfinished,
      died: this.#died,
      retried: this.#again.length,
      doubled: this.#ended.length - new Set(this.#ended).size,
      reads: reads / counted,
      writes: writes / counted,
      beats: beats / counted,
      longestWaitMs: this.#slow.longestWaitMs,
    };
  }
}
