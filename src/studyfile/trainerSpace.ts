import { asRecord } from './report.ts';
import { isTrainerArgument, TRAINER_ARGUMENTS, type TrainerArgument } from './trainerArguments.ts';

/** A training argument that may be searched. */
export interface SearchedArgument {
  readonly name: string;
  readonly english: string;
  /** The usual range, as it is written in a study file. */
  readonly range: string;
}

/** Whether a study file (as plain values) trains with the trainer: its space then holds training arguments. */
export function searchesArguments(raw: unknown): boolean {
  return asRecord(asRecord(raw)['objective'])['trainer'] !== undefined;
}

/** Training arguments to offer for the space, each with its usual range. */
export function searchedArguments(): readonly SearchedArgument[] {
  return Object.entries<TrainerArgument>(TRAINER_ARGUMENTS).flatMap(([name, { english, range }]) =>
    range === undefined ? [] : [{ name, english, range }],
  );
}

/** What a key of the space means where it is a training argument; undefined otherwise. */
export function argumentMeaning(name: string): string | undefined {
  return isTrainerArgument(name) ? TRAINER_ARGUMENTS[name].english : undefined;
}
