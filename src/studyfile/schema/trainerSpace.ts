import type { SchemaText } from '../../words/en.ts';
import { asRecord } from '../checks/report.ts';
import { LR_FACTOR, TRAINER_ARGUMENTS, type TrainerArgument, trainerArgument } from './trainerArguments.ts';

/** A training argument that may be searched. */
export interface SearchedArgument {
  readonly name: string;
  readonly about: SchemaText;
  /** The usual range, as it is written in a study file. */
  readonly range: string;
}

/** Whether a study file (as plain values) trains with the trainer: its space then holds training arguments. */
export function searchesArguments(raw: unknown): boolean {
  return asRecord(asRecord(raw)['objective'])['trainer'] !== undefined;
}

/** Layers of the model that a study file (as plain values) trains from scratch; undefined for a pretrained one. */
export function layersOf(raw: unknown): number | undefined {
  const { model } = asRecord(asRecord(asRecord(raw)['objective'])['trainer']);
  if (typeof model === 'string') return undefined;
  const layers = asRecord(model)['num_hidden_layers'] ?? 2;
  return typeof layers === 'number' && Number.isSafeInteger(layers) && layers > 0 ? layers : undefined;
}

/** Factors are offered for so many layers at the most. */
const MOST_LAYERS = 24;

/** Training arguments to offer for the space of a study file (as plain values), each with its usual range. */
export function searchedArguments(raw: unknown): readonly SearchedArgument[] {
  const layers = Array.from({ length: Math.min(layersOf(raw) ?? 1, MOST_LAYERS) }, (_, index) => `layer_${index}`);
  const factors = ['embeddings', ...layers, 'classifier'].map((group) => [`lr_factor_${group}`, LR_FACTOR] as const);
  return [...Object.entries<TrainerArgument>(TRAINER_ARGUMENTS), ...factors].flatMap(([name, { about, range }]) =>
    range === undefined ? [] : [{ name, about, range }],
  );
}

/** What a key of the space means where it is a training argument; undefined otherwise. */
export function argumentMeaning(name: string): SchemaText | undefined {
  return trainerArgument(name)?.about;
}
