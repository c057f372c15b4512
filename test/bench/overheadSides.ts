import { Random } from '../../src/core/random.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { distributionToJson } from '../../src/core/space/distributionJson.ts';
import { categoricalDistribution, floatDistribution, intDistribution } from '../../src/core/space/distributionRules.ts';
import { type SearchSpace, searchSpace } from '../../src/core/space/searchSpace.ts';
import { uniformInternal } from '../../src/core/space/unitInterval.ts';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import type { LinePartner } from './linePartner.ts';

/** A study of one library that can be filled and measured. Values are random: the cost of an ask is what counts. */
export interface Side {
  /** Finished random trials, without asking for them. */
  add(count: number): Promise<void>;
  /** Trials that it asks for itself. */
  run(count: number): Promise<void>;
  /** CPU microseconds of one ask + tell. */
  measure(rounds: number): Promise<number>;
}

const WARM_UP_ROUNDS = 1_000;
const WARM_UP_MILLISECONDS = 1_500;
const warmed = new Set<string>();

export class OurSide implements Side {
  readonly #space: SearchSpace;
  readonly #log: MemoryLog;
  readonly #record: StudyRecord;
  readonly #study: Study;
  readonly #random = new Random(1, 0, 'values');

  private constructor(type: string, space: SearchSpace, log: MemoryLog, record: StudyRecord) {
    this.#space = space;
    this.#log = log;
    this.#record = record;
    this.#study = new Study(log, record, { space, sampler: createSampler({ type, seed: 1 }), pruner: null });
  }

  static async start(type: string, space: string): Promise<OurSide> {
    if (!warmed.has(`${type} ${space}`)) await OurSide.#warmUp(type, space);
    return OurSide.#fresh(type, space);
  }

  /** Another study of the same kind first, so that compiled code is compared with compiled code. */
  static async #warmUp(type: string, space: string): Promise<void> {
    warmed.add(`${type} ${space}`);
    const side = await OurSide.#fresh(type, space);
    await side.add(50);
    const end = performance.now() + WARM_UP_MILLISECONDS;
    for (let round = 0; round < WARM_UP_ROUNDS && performance.now() < end; round++) await side.measure(1);
  }

  static async #fresh(type: string, space: string): Promise<OurSide> {
    const log = new MemoryLog();
    return new OurSide(type, overheadSpace(space), log, await log.createStudy({ name: type, directions: [1] }));
  }

  async add(count: number): Promise<void> {
    for (let number = 0; number < count; number++) {
      const params = this.#space.parameters.map(({ name, distribution }) => ({
        name,
        distribution,
        internal: uniformInternal(distribution, this.#random.uniform()),
      }));
      await this.#log.createTrial(this.#record, {
        state: TrialState.complete,
        params,
        values: [this.#random.uniform()],
      });
    }
  }

  async run(count: number): Promise<void> {
    await this.measure(count);
  }

  async measure(rounds: number): Promise<number> {
    const values = Array.from({ length: rounds }, () => this.#random.uniform());
    const start = process.cpuUsage();
    for (const value of values) await this.#study.tell(await this.#study.ask(), { values: value });
    const { user, system } = process.cpuUsage(start);
    return (user + system) / rounds;
  }
}

export class TheirSide implements Side {
  readonly #partner: LinePartner;

  private constructor(partner: LinePartner) {
    this.#partner = partner;
  }

  static async start(partner: LinePartner, library: string, type: string, space: string): Promise<TheirSide> {
    const side = new TheirSide(partner);
    const parameters = overheadSpace(space).parameters.map(({ name, distribution }) => ({
      name,
      distribution: distributionToJson(distribution),
      when: {},
    }));
    await side.#send({ library, type, options: {}, seed: 1, directions: ['minimize'], parameters });
    return side;
  }

  async add(count: number): Promise<void> {
    await this.#send({ add: count });
  }

  async run(count: number): Promise<void> {
    await this.#send({ run: count });
  }

  measure(rounds: number): Promise<number> {
    return this.#send({ measure: rounds });
  }

  async #send(message: unknown): Promise<number> {
    return Number(await this.#partner.ask(JSON.stringify(message)));
  }
}

/** `floatN` has N floats, `mixed8` one parameter of each kind. */
function overheadSpace(kind: string): SearchSpace {
  if (kind !== 'mixed8') {
    const distribution = floatDistribution(-5, 5);
    const count = Number(/^float(\d+)$/.exec(kind)?.[1]);
    if (!count) throw new Error(`There is no space ${kind} in this bench: use mixed8 or floatN.`);
    return searchSpace(Array.from({ length: count }, (_, index) => ({ name: `x${index}`, distribution })));
  }
  return searchSpace([
    { name: 'f1', distribution: floatDistribution(0, 1) },
    { name: 'f2', distribution: floatDistribution(-5, 5) },
    { name: 'flog', distribution: floatDistribution(1e-5, 1e-1, { log: true }) },
    { name: 'fstep', distribution: floatDistribution(0, 1, { step: 0.05 }) },
    { name: 'i1', distribution: intDistribution(1, 100) },
    { name: 'ilog', distribution: intDistribution(1, 1024, { log: true }) },
    { name: 'c1', distribution: categoricalDistribution(['a', 'b', 'c']) },
    { name: 'c2', distribution: categoricalDistribution([true, false]) },
  ]);
}
