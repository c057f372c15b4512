/**
 * Workers on one study in virtual time, each with its own clock. Every call of a storage takes a random time to get there and
 * back, and at each of these moments the worker may be killed: its write is there or not, and nobody acknowledged it. Others
 * are stopped for long and go on, or end what they were told to. One seed makes one schedule.
 */
import { Random } from '../../src/core/random.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { Direction, isFinished } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import type { Heartbeats, StudyRecord, WritableTrialLog } from '../../src/core/study/studyStore.ts';
import { type Owner, TrialRuns } from '../../src/runs/trialOwner.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { type JournalMedium, type JournalRequest, planBatch } from '../../src/storage/journal/journalMedium.ts';
import type { JournalEncoder } from '../../src/storage/journal/journalOps.ts';
import { JournalPlan } from '../../src/storage/journal/journalPlan.ts';
import { JournalState } from '../../src/storage/journal/journalState.ts';
import { Budget, OtherWorkers } from '../../src/tuner/run/budget.ts';
import { LifeSigns } from '../../src/tuner/trials/lifeSigns.ts';
import { SignedLog } from '../../src/tuner/trials/ownership.ts';
import { cutOff } from '../../src/tuner/trials/repair.ts';
import { TrialSource } from '../../src/tuner/trials/trialSource.ts';
import { VirtualTime } from '../bench/scale/virtualTime.ts';

/**
 * `journal`: each worker has a view of its own, which is as old as its last look, and writes under a lock. `database`: a
 * transaction sees the newest trials, and the storage keeps the heartbeats.
 */
export type StorageModel = 'journal' | 'database';

export const SPACE = {
  parameters: [{ name: 'x', distribution: { type: 'float', low: 0, high: 1, log: false, step: null } }],
} as const;
const TRIALS = 6;
const BEAT_MS = 30_000;
/** A schedule that lasts longer than this has a worker that waits for ever. */
const LONGEST_MS = 1e8;
const TAKEN: ReadonlySet<unknown> = new Set(['finished-trial', 'waiting-trial', 'changed-meanwhile']);

export interface Simulated {
  readonly study: StudyRecord;
  readonly budget: number;
  /** Trials whose end was acknowledged, as often as it was. */
  readonly acknowledged: readonly number[];
  /** Ends that were written, whether anybody was told so or not. */
  readonly kills: number;
  readonly isOver: boolean;
}

/** Runs one schedule to its end. */
export async function simulate(model: StorageModel, seed: number): Promise<Simulated> {
  const schedule = new Schedule(model, seed);
  await schedule.run();
  return schedule.outcome();
}

/** A worker's call that never comes back. A promise of its own: one that all share would keep every killed worker in memory. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

class Schedule {
  readonly #time = new VirtualTime();
  readonly #random: Random;
  readonly #model: StorageModel;
  readonly #seed: number;
  readonly #shared = new MemoryLog();
  readonly #lines: string[] = [];
  readonly #beats = new Map<number, number>();
  readonly #acknowledged: number[] = [];
  #atWork = 0;
  #kills = 0;
  #workers = 0;
  /** Kills and stops that are left. */
  #trouble: number;

  constructor(model: StorageModel, seed: number) {
    this.#model = model;
    this.#seed = seed;
    this.#random = new Random(seed, 0, model);
    this.#trouble = Math.floor(this.#random.uniform() * 6);
  }

  async run(): Promise<void> {
    await (await this.#open()).createStudy({ name: 's', directions: [Direction.minimize] });
    const enqueued = Math.floor(this.#random.uniform() * 3);
    const first = await this.#open();
    for (let count = 0; count < enqueued; count++) {
      await first.createTrial(first.studies()[0] as StudyRecord, {
        state: 4,
        systemAttrs: { fixed_params: { x: 0.5 } },
      });
    }
    const workers = 1 + Math.floor(this.#random.uniform() * 4);
    for (let count = 0; count < workers; count++) void this.#work();
    await this.#time.run(() => this.#atWork === 0 || this.#time.now > LONGEST_MS);
  }

  outcome(): Simulated {
    const study = this.#model === 'database' ? this.#shared.studies()[0] : stateOf(this.#lines).replay.studies()[0];
    const isOver = this.#time.now <= LONGEST_MS;
    const [acknowledged, kills] = [this.#acknowledged, this.#kills];
    return { study: study as StudyRecord, budget: TRIALS, acknowledged, kills, isOver };
  }

  async #open(): Promise<WritableTrialLog> {
    if (this.#model === 'database') {
      const heartbeats: Heartbeats = {
        heartbeat: async (_study, numbers) => {
          for (const number of numbers) this.#beats.set(number, this.#time.now);
        },
        last: async ({ history }) => new Map([...this.#beats].filter(([number]) => history.running.has(number))),
      };
      return withHeartbeats(this.#shared, heartbeats);
    }
    const encoder = JournalLog.newEncoder();
    return JournalLog.on(new SharedLines(this.#lines, encoder), encoder);
  }

  /** One worker until there is nothing left to do, or it is killed: then another one takes its place. */
  async #work(): Promise<void> {
    this.#atWork++;
    const id = this.#workers++;
    const self: Worker = { isGone: false, active: undefined, stoppedUntil: 0 };
    const owner: Owner = { host: `host ${id}`, pid: id, start: '', session: `session ${id}`, beats: BEAT_MS / 1000 };
    const log = new SignedLog(this.#troubled(await this.#open(), self), owner);
    const record = log.studies()[0] as StudyRecord;
    const study = new Study(log, record, {
      space: SPACE,
      sampler: createSampler({ type: 'random', seed: this.#seed }),
      pruner: null,
    });
    const budget = new Budget(record.history, { trials: TRIALS, timeoutMs: null });
    const others = new OtherWorkers(record.history, owner.session);
    const sleep = (ms: number) => this.#sleep(self, ms);
    const source = new TrialSource({ study, budget, others, scheduled: null, sleep });
    void this.#beat(log, record, self);
    while (!source.isDone) {
      const found = source.mayAsk(0) ? await source.next(0) : undefined;
      if (!found) {
        await sleep(5000);
        await study.refresh();
        continue;
      }
      const { number } = found.trial;
      self.active = number;
      others.hold(number);
      await sleep(this.#random.uniform() * 3 * BEAT_MS);
      if (this.#random.uniform() < 0.05) {
        await cutOff(log, record, number, new TrialRuns(record.history), { type: 'handed-back' });
      } else await this.#end(study, others, number);
      self.active = undefined;
    }
    self.isGone = true;
    this.#atWork--;
  }

  async #end(study: Study, others: OtherWorkers, number: number): Promise<void> {
    try {
      const value = study.history.param(number, 'x') as number;
      await study.tell(number, { values: [value], onlyIf: () => !others.haveTaken(number) });
      this.#acknowledged.push(number);
    } catch (error) {
      if (!TAKEN.has((error as { code?: unknown }).code)) throw error;
    }
  }

  async #beat(log: SignedLog, study: StudyRecord, self: Worker): Promise<void> {
    // No two clocks run alike, nor began together.
    const drift = 0.8 + this.#random.uniform() * 0.4;
    const origin = this.#random.uniform() * 1e9;
    const signs = new LifeSigns({
      log,
      study,
      host: 'nowhere',
      intervalMs: BEAT_MS,
      active: () => (self.active === undefined ? [] : [self.active]),
      onRepaired: () => undefined,
      onTick: () => undefined,
      onError: (error) => {
        throw error;
      },
      now: () => origin + drift * this.#time.now,
    });
    for (;;) {
      await this.#sleep(self, BEAT_MS * (0.5 + this.#random.uniform() / 2));
      if (self.isGone) return;
      await signs.tick();
    }
  }

  /** A stopped worker wakes when it goes on. */
  async #sleep(self: Worker, ms: number): Promise<void> {
    await this.#time.sleep(ms);
    while (self.stoppedUntil > this.#time.now) await this.#time.sleep(self.stoppedUntil - this.#time.now);
    if (self.isGone) await never();
  }

  /** A log whose calls take time, and in which the worker may be killed or stopped before and after each. */
  #troubled(log: WritableTrialLog, self: Worker): WritableTrialLog {
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      await this.#onTheWay(self);
      const result = await work().catch((error: unknown) => ({ error }) as const);
      await this.#onTheWay(self);
      if (result !== null && typeof result === 'object' && 'error' in result) throw result.error;
      return result as T;
    };
    const { heartbeats } = log;
    return {
      kind: log.kind,
      location: log.location,
      warnings: [],
      heartbeats: heartbeats && {
        heartbeat: (study, numbers) => call(() => heartbeats.heartbeat(study, numbers)),
        last: (study) => call(() => heartbeats.last(study)),
      },
      studies: () => log.studies(),
      refresh: () => call(() => log.refresh()),
      close: () => log.close(),
      createStudy: (options) => log.createStudy(options),
      setStudyAttr: (...args) => log.setStudyAttr(...args),
      createTrial: (study, template, options) =>
        call(async () => {
          const number = await log.createTrial(study, template, options);
          if (number !== undefined && options?.beats) await heartbeats?.heartbeat(study, [number]);
          return number;
        }),
      claimWaiting: (study, options) =>
        call(async () => {
          const number = await log.claimWaiting(study, options);
          if (number !== undefined && options?.beats) await heartbeats?.heartbeat(study, [number]);
          return number;
        }),
      commit: (study, changes, options) => call(() => log.commit(study, changes, options)),
    };
  }

  async #onTheWay(self: Worker): Promise<void> {
    await this.#sleep(self, this.#random.uniform() * 200);
    if (this.#trouble === 0 || this.#random.uniform() > 0.04) return;
    this.#trouble--;
    if (this.#random.uniform() < 0.3) {
      self.stoppedUntil = this.#time.now + this.#random.uniform() * 10 * BEAT_MS;
      return this.#sleep(self, 0);
    }
    self.isGone = true;
    this.#kills++;
    // Its successor is there before it is counted out.
    void this.#work();
    this.#atWork--;
    await never();
  }
}

interface Worker {
  isGone: boolean;
  active: number | undefined;
  stoppedUntil: number;
}

function withHeartbeats(log: MemoryLog, heartbeats: Heartbeats): WritableTrialLog {
  return new Proxy(log, {
    get: (target, key) => {
      if (key === 'heartbeats') return heartbeats;
      const value = Reflect.get(target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as WritableTrialLog;
}

/** Lines that all workers share, as a journal file has them. */
class SharedLines implements JournalMedium {
  readonly kind = 'journal';
  readonly location = 'lines';
  readonly isNewest = false;
  readonly state = new JournalState(this.location);
  readonly #lines: string[];
  readonly #encoder: JournalEncoder;

  constructor(lines: string[], encoder: JournalEncoder) {
    this.#lines = lines;
    this.#encoder = encoder;
  }

  async refresh(): Promise<boolean> {
    return applyNew(this.state, this.#lines);
  }

  async drain(queue: JournalRequest[]): Promise<void> {
    while (queue.length > 0) {
      applyNew(this.state, this.#lines);
      const plan = new JournalPlan(this.location, this.state.replay, this.#encoder);
      const { waiting, early } = planBatch(queue.splice(0), plan);
      if (plan.text !== '') this.#lines.push(...plan.text.slice(0, -1).split('\n'));
      applyNew(this.state, this.#lines);
      for (const { request } of waiting) request.onApplied?.();
      for (const tell of early) tell();
      for (const { request, result } of waiting) request.resolve(result);
    }
  }

  async close(): Promise<void> {}
}

function applyNew(state: JournalState, lines: readonly string[]): boolean {
  const from = state.lineNumber;
  for (const line of lines.slice(from)) state.applyLine(line, 0, line.length);
  return lines.length > from;
}

function stateOf(lines: readonly string[]): JournalState {
  const state = new JournalState('lines');
  applyNew(state, lines);
  return state;
}

/** What is wrong with the outcome of a schedule; undefined: nothing. */
export function faultOf(
  { study: { history }, budget, acknowledged, isOver }: Simulated,
  seed: number,
): string | undefined {
  if (!isOver) return 'a worker waits for ever';
  const numbers = [...history.states.keys()];
  if (numbers.length !== budget) return `${numbers.length} trials of ${budget}`;
  const open = numbers.filter((number) => !isFinished(history.state(number)));
  if (open.length > 0) return `trials ${open} did not end`;
  if (new Set(acknowledged).size !== acknowledged.length) return `an end was acknowledged twice: ${acknowledged}`;
  const sampler = createSampler({ type: 'random', seed });
  for (const number of numbers) {
    const isFixed = history.systemAttrs(number)['fixed_params'] !== undefined;
    const { params } = sampler.suggest(SPACE, { history, number });
    const expected = isFixed ? 0.5 : params['x'];
    if (history.param(number, 'x') !== expected) return `trial ${number} has x = ${history.param(number, 'x')}`;
    const isComplete = history.state(number) === 1;
    if (isComplete && history.value(number) !== expected)
      return `trial ${number} has the value ${history.value(number)}`;
    if (!isComplete && acknowledged.includes(number)) return `the acknowledged end of trial ${number} is lost`;
  }
  return undefined;
}
