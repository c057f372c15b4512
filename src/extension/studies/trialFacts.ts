import type { Member } from '../../core/samplers/auto/router.ts';
import { MEMBER } from '../../core/study/attributes.ts';
import { constraintsOf } from '../../core/study/constraints.ts';
import type { History } from '../../core/study/history.ts';
import { exactNumber } from '../../core/text/numbers.ts';
import type { Translate } from '../window/words.ts';
import { scheduleOf, type TrialSchedule } from './trialSchedule.ts';
import { placeOf } from './workerFacts.ts';

/** One thing that is known of a trial beside its values, parameters and attributes, in words. */
export interface TrialFact {
  /** Stable: names the fact among those of a trial. */
  readonly key: string;
  readonly name: string;
  readonly text: string;
}

/** A trial with more constraints says only those it violates, so many at most. */
const MOST_CONSTRAINTS = 12;

/** Who proposed a trial, how far a scheduler took it, where it stands in a population, and its constraints. */
export function trialFacts(history: History, number: number, t: Translate): TrialFact[] {
  const schedule = scheduleOf(history, number);
  return [
    // A member that takes over weights takes over parameters too, and changes them: nobody proposed it.
    ...(schedule?.breeding?.parent == null ? proposer(history, number, t) : []),
    ...(schedule ? [...rungFacts(schedule, t), ...populationFacts(schedule, t)] : []),
    ...constraintFacts(history, number, t),
    ...placeFacts(history, number, t),
  ];
}

function placeFacts(history: History, number: number, t: Translate): TrialFact[] {
  const place = placeOf(history, number);
  return place === null ? [] : [{ key: 'place-of-run', name: t('ranOn'), text: place }];
}

function proposer(history: History, number: number, t: Translate): TrialFact[] {
  const member = history.systemAttrs(number)[MEMBER];
  if (typeof member !== 'string' || member === '') return [];
  return [{ key: 'member', name: t('proposedBy'), text: memberName(member as Member, t) }];
}

/** A name that this version does not know stays as it is. */
function memberName(member: Member, t: Translate): string {
  switch (member) {
    case 'initial':
      return t('initialDesign');
    case 'gp':
      return t('gaussianProcess');
    case 'trust-region':
      return t('trustRegion');
    case 'forest':
      return t('randomForest');
    case 'tpe':
      return 'TPE';
    case 'cma':
      return 'CMA-ES';
    case 'nsga2':
      return 'NSGA-II';
    case 'nsga3':
      return 'NSGA-III';
    default:
      return member satisfies never;
  }
}

function rungFacts({ rung, rungs, areRungsSteps, bracket, pausedAt, promoted, breeding }: TrialSchedule, t: Translate) {
  const facts: TrialFact[] = [];
  const step = areRungsSteps ? rungs.at(-1) : undefined;
  if (rung !== null && !breeding) {
    const text = step === undefined ? String(rung) : t('rungUpToStep', { rung, step });
    facts.push({ key: 'rung', name: t('rung'), text });
  }
  if (bracket !== null && !breeding) {
    const text = bracket < 0 ? t('noBracket') : String(bracket);
    facts.push({ key: 'bracket', name: t('bracket'), text });
  }
  if (promoted.length > 0 && !breeding) {
    facts.push({ key: 'promoted', name: t('promoted'), text: t('toStep', { steps: promoted.join(', ') }) });
  }
  if (pausedAt !== null) facts.push({ key: 'paused', name: t('pausedGroup'), text: t('atStep', { step: pausedAt }) });
  return facts;
}

function populationFacts({ generation, breeding }: TrialSchedule, t: Translate) {
  const facts: TrialFact[] = [];
  if (generation !== null) facts.push({ key: 'generation', name: t('generation'), text: String(generation) });
  if (!breeding) return facts;
  const { member, parent, from } = breeding;
  facts.push({ key: 'place', name: t('memberOfPopulation'), text: String(member) });
  if (parent !== null) {
    facts.push({
      key: 'parent',
      name: t('weightsFrom'),
      text: t('trialStep', { parent, from }),
    });
  }
  return facts;
}

function constraintFacts(history: History, number: number, t: Translate): TrialFact[] {
  const constraints = [...constraintsOf(history.systemAttrs(number))];
  if (constraints.length === 0) return [];
  const violated = constraints.filter(([, value]) => !(value <= 0));
  const summary =
    violated.length === 0 ? t('satisfied') : t('countViolated', { violated: violated.length, all: constraints.length });
  const listed = constraints.length > MOST_CONSTRAINTS ? violated.slice(0, MOST_CONSTRAINTS) : constraints;
  return [
    { key: 'feasible', name: t('constraints'), text: summary },
    ...listed.map(([key, value]) => ({
      key: `constraint:${key}`,
      name: t('constraint', { key }),
      text: value <= 0 ? exactNumber(value) : t('valueViolated', { value: exactNumber(value) }),
    })),
  ];
}
