import { Random } from '../../random.ts';
import type { History } from '../../study/history.ts';
import { presentHistory } from '../../study/living/presentHistory.ts';
import { pausedStep } from '../../study/paused.ts';
import { CONTINUE, type Decision, DONE, type Move, type MoveContext, type Scheduler, WAIT } from '../scheduler.ts';
import { type Rung, rungOf, stepsDone } from '../trialAttrs.ts';
import type { Explore } from './explore.ts';
import { type Member, Population } from './population.ts';

export interface PopulationOptions {
  readonly populationSize: number;
  readonly maxResource: number;
  /** Steps between two comparisons; null: a twentieth of `maxResource`. */
  readonly perturbationInterval: number | null;
  readonly quantileFraction: number;
  /** Compare only when all members have come as far. */
  readonly synch: boolean;
}

/**
 * Population based training (Jaderberg et al. 2017): after every interval a member of the worst quantile ends, and a new
 * trial takes its place that begins with a copy of the weights of a member of the best quantile and with parameters that
 * `explore` makes of that one's. Members that have come least far go first, so that a population may be larger than the
 * number of workers.
 */
export class PopulationScheduler implements Scheduler {
  readonly name: string;
  readonly needsCheckpoints = true;
  readonly #seed: number;
  readonly #options: PopulationOptions;
  readonly #interval: number;
  readonly #explore: (population: Population, member: Member) => Explore;
  readonly #populations = new WeakMap<History, Population>();

  constructor(
    name: string,
    seed: number,
    options: PopulationOptions,
    explore: (population: Population, member: Member) => Explore,
  ) {
    this.name = name;
    this.#seed = seed;
    this.#options = options;
    this.#interval = options.perturbationInterval ?? Math.max(1, Math.ceil(options.maxResource / 20));
    this.#explore = explore;
  }

  next(context: MoveContext): Move {
    const { history, mayStart } = context;
    const population = this.#of(history);
    const members = population.members();
    const cut = population.book.interrupted;
    if (cut) return { type: 'continue', number: cut.number, rung: cut.rung };
    if (members.length < this.#options.populationSize && mayStart) {
      const breeding = { member: members.length, generation: 0, parent: null, step: 0 };
      return { type: 'new', rung: this.#rung(members.length, 0), breeding };
    }
    const moves = members
      .filter((member) => this.#isDue(member, members))
      .map((member) => ({ member, parent: mayStart ? this.#parentOf(member, members, population) : undefined }))
      .filter(({ member, parent }) => parent !== undefined || !member.isDead)
      .sort(
        (a, b) => order(a.member, b.member) || Number(!a.parent) - Number(!b.parent) || a.member.index - b.member.index,
      );
    const first = moves[0];
    if (!first) return population.book.isAnyRunning ? WAIT : DONE;
    return first.parent
      ? this.#bred(context, population, first.member, first.parent)
      : {
          type: 'continue',
          number: first.member.trial.number,
          rung: this.#rung(first.member.index, first.member.done),
        };
  }

  decide(history: History, number: number): Decision {
    const rung = rungOf(history.systemAttrs(number));
    if (!rung || rung.step === null || stepsDone(history, number) < rung.step) return CONTINUE;
    return { type: rung.step >= this.#options.maxResource ? 'finish' : 'pause' };
  }

  isLastStep(_history: History, step: number): boolean {
    return step >= this.#options.maxResource;
  }

  losers({ history }: MoveContext): readonly number[] {
    const population = this.#of(history);
    const current = new Set(population.members().map(({ trial }) => trial.number));
    return population.book
      .entrants()
      .filter(({ number, isPaused }) => isPaused && !current.has(number))
      .map(({ number }) => number);
  }

  proposal(): Record<string, never> {
    return {};
  }

  #isDue(member: Member, members: readonly Member[]): boolean {
    if (!member.isReady && !member.isDead) return false;
    if (!this.#options.synch) return true;
    return members.every((other) => other.done >= member.done || (!other.isActive && !other.isDead));
  }

  /**
   * The member whose weights a member of the worst quantile copies; undefined: it keeps its own. Two members are compared
   * at the largest step that both have reached.
   */
  #parentOf(member: Member, members: readonly Member[], population: Population): Member | undefined {
    const others = members.filter((other) => other !== member && (other.done > 0 || other.isDead));
    const better = others.filter((other) => isBetter(population, other, member));
    const count = Math.ceil((others.length + 1) * this.#options.quantileFraction);
    const most = Math.min(count, Math.floor((others.length + 1) / 2));
    if (!member.isDead && better.length < others.length + 1 - most) return undefined;
    const parents = (member.isDead ? others : better)
      .filter((other) => this.#hasWeightsToTrain(other, population))
      .map((other) => ({ other, loss: population.latestLoss(other) ?? Number.POSITIVE_INFINITY }))
      .sort((a, b) => (a.loss === b.loss ? a.other.index - b.other.index : a.loss - b.loss))
      .slice(0, Math.max(most, member.isDead ? 1 : 0));
    if (parents.length === 0) return undefined;
    return parents[new Random(this.#seed, population.book.history.length, 'exploit').integer(parents.length)]?.other;
  }

  /** Not where a program that heeds no budget has trained them beyond the part that comes next. */
  #hasWeightsToTrain({ index, isActive, trial, done }: Member, population: Population): boolean {
    if (!isActive || trial.losses.length === 0) return false;
    return pausedStep(population.book.history, trial.number) < (this.#rung(index, done).step as number);
  }

  #bred({ history, space }: MoveContext, population: Population, member: Member, parent: Member): Move {
    const { number } = parent.trial;
    const params = this.#explore(
      population,
      parent,
    )({ history, space, number: history.length, params: presentHistory(history, space, 'exact').params(number) });
    const generation = this.#options.synch ? member.done : parent.done;
    const step = this.#rung(member.index, generation - 1).step as number;
    const breeding = { member: member.index, generation, parent: number, step };
    return { type: 'new', rung: this.#rung(member.index, generation), params, breeding };
  }

  #rung(member: number, rung: number): Rung {
    return { bracket: member, rung, step: Math.min((rung + 1) * this.#interval, this.#options.maxResource) };
  }

  #of(history: History): Population {
    let population = this.#populations.get(history);
    if (!population) {
      population = new Population(history);
      this.#populations.set(history, population);
    }
    return population;
  }
}

function order(a: Member, b: Member): number {
  return a.done - b.done;
}

/** At equal values the one with the lower index. */
function isBetter(population: Population, one: Member, other: Member): boolean {
  const age = Math.min(one.done, other.done);
  const lossOf = (member: Member) => population.lossOf(member, age - 1) ?? population.latestLoss(member) ?? 0;
  const difference = lossOf(one) - lossOf(other);
  return difference < 0 || (!(difference > 0) && one.index < other.index);
}
