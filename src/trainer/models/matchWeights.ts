import { TuneboardError } from '../../core/errors.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import type { TensorFile } from '../io/dtypes.ts';
import type { ParameterShape } from './bertParameters.ts';

/** Which tensor of a file is which parameter of a model. */
export interface WeightMatch {
  /** The tensor's name by the parameter's. */
  readonly found: ReadonlyMap<string, string>;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];
}

interface Mismatch {
  readonly name: string;
  readonly stored: readonly number[];
  readonly wanted: readonly number[];
}

const PREFIX = 'bert.';
/** Buffers that older versions of transformers stored. */
const IGNORED = /(^|\.)embeddings\.(position_ids|token_type_ids)$/;

/**
 * Matches names as transformers does: with or without the prefix `bert.`, and with the names that LayerNorm's parameters
 * had in TensorFlow's BERT (gamma, beta).
 */
export function matchWeights(parameters: readonly ParameterShape[], file: TensorFile): WeightMatch {
  const wanted = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const found = new Map<string, string>();
  const unexpected: string[] = [];
  const mismatched: Mismatch[] = [];
  const hasPrefix = [...file.tensors.keys()].some((name) => name.startsWith(PREFIX));
  for (const [stored, { shape }] of file.tensors) {
    if (IGNORED.test(stored)) continue;
    const plain = stored.replace(/LayerNorm\.gamma$/, 'LayerNorm.weight').replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
    const names = [plain, hasPrefix ? plain.slice(PREFIX.length) : PREFIX + plain];
    const parameter = wanted.get(names.find((name) => wanted.has(name)) ?? '');
    if (!parameter || (hasPrefix && !plain.startsWith(PREFIX) && parameter.name !== plain)) {
      unexpected.push(stored);
      continue;
    }
    const inFile = parameter.isTransposed ? parameter.shape.toReversed() : parameter.shape;
    if (inFile.length === shape.length && inFile.every((size, axis) => size === shape[axis])) {
      found.set(parameter.name, stored);
    } else {
      mismatched.push({ name: parameter.name, stored: shape, wanted: inFile });
    }
  }
  const order = [...wanted.keys()];
  mismatched.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const lost = new Set(mismatched.map(({ name }) => name));
  const missing = order.filter((name) => !found.has(name) && !lost.has(name));
  return { found, missing, unexpected, mismatched };
}

/** Hugging Face's sentences about what a checkpoint lacks or has too much of, for a model of this class. */
export function describeMatch({ missing, unexpected, mismatched }: WeightMatch, path: string, model: string): string[] {
  const lines: string[] = [];
  const train =
    'You should probably TRAIN this model on a down-stream task to be able to use it for predictions and inference.';
  if (unexpected.length > 0) {
    lines.push(
      `Some weights of the model checkpoint at ${path} were not used when initializing ${model}: ${pythonRepr(unexpected.toSorted())}\n` +
        `- This IS expected if you are initializing ${model} from the checkpoint of a model trained on another task or with another architecture (e.g. initializing a BertForSequenceClassification model from a BertForPreTraining model).\n` +
        `- This IS NOT expected if you are initializing ${model} from the checkpoint of a model that you expect to be exactly identical (initializing a BertForSequenceClassification model from a BertForSequenceClassification model).`,
    );
  }
  if (missing.length > 0) {
    lines.push(
      `Some weights of ${model} were not initialized from the model checkpoint at ${path} and are newly initialized: ${pythonRepr(missing.toSorted())}\n${train}`,
    );
  }
  if (mismatched.length > 0) {
    const shapes = mismatched.map(
      ({ name, stored, wanted }) =>
        `- ${name}: found shape torch.Size([${stored.join(', ')}]) in the checkpoint and torch.Size([${wanted.join(', ')}]) in the model instantiated`,
    );
    lines.push(
      `Some weights of ${model} were not initialized from the model checkpoint at ${path} and are newly initialized because the shapes did not match:\n${shapes.join('\n')}\n${train}`,
    );
  }
  return lines;
}

/**
 * Throws `checkpoint` in one sentence for the first weight of another shape, with what to set; `mayHeadDiffer` lets those of
 * the head be.
 */
export function refuseMismatch({ mismatched }: WeightMatch, path: string, mayHeadDiffer = false): void {
  const isHead = (name: string) => name.startsWith('classifier.');
  const first = mismatched.find(({ name }) => !mayHeadDiffer || !isHead(name));
  if (!first) return;
  const { name, stored, wanted } = first;
  const advice = isHead(name)
    ? `set num_labels to ${stored[0]}, or ignoreMismatchedSizes for a new head`
    : 'its config.json does not belong to its weights';
  throw new TuneboardError(
    'checkpoint',
    `Size mismatch for ${name}: it is [${stored.join(', ')}] in the checkpoint at ${path} and [${wanted.join(', ')}] in the model: ${advice}.`,
  );
}

/** Throws `checkpoint` where nothing of the encoder is in the file: the model would be random without anybody noticing. */
export function refuseStranger({ found }: WeightMatch, path: string): void {
  if ([...found.keys()].some((name) => /embeddings\.|encoder\./.test(name))) return;
  throw new TuneboardError(
    'checkpoint',
    `The weights at ${path} are none of BERT's, by their names: give a checkpoint of a BERT.`,
  );
}
