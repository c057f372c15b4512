import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-core';
import { TuneboardError } from '../../core/errors.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import type { TensorFile } from '../io/dtypes.ts';
import { writeSafetensors } from '../io/safetensors.ts';
import type { Tf } from '../tf.ts';
import type { BertConfig } from './bertConfig.ts';
import { newValues, type ParameterShape } from './bertParameters.ts';
import { describeMatch, matchWeights, refuseMismatch, refuseStranger } from './matchWeights.ts';
import { openWeights, WEIGHTS_FILE } from './weightFiles.ts';

/** Options of `fromPretrained`, beside settings of config.json that are to win over the file's. */
export interface PretrainedOptions extends Partial<BertConfig> {
  /** TensorFlow.js; the process's own by default. */
  readonly tf?: Tf;
  /** Of weights that the checkpoint lacks; drawn after `setSeed` by default. */
  readonly seed?: number;
  /** Draw weights anew whose shape differs: all (true), or those of a head for other labels; an error by default. */
  readonly ignoreMismatchedSizes?: boolean | 'head';
  /** The same. */
  readonly ignore_mismatched_sizes?: boolean | 'head';
  /** Gets Hugging Face's sentences about missing and unexpected weights; standard error by default. */
  readonly warn?: (sentence: string) => void;
}

export interface LoadOptions {
  readonly seed: number;
  readonly ignoreMismatchedSizes: boolean | 'head';
  readonly warn: (sentence: string) => void;
  /** The class's name, for the sentences. */
  readonly model: string;
}

/** New weights for every parameter, of a config alone. */
export function newParameters(
  tf: Tf,
  shapes: readonly ParameterShape[],
  config: BertConfig,
  seed: number,
): Map<string, Variable> {
  return new Map(
    shapes.map((shape, index) => [shape.name, variableOf(tf, shape, newValues(shape, index, config, seed))]),
  );
}

/** A folder's weights, one after another; those that it lacks are new. Throws `checkpoint` in one sentence. */
export async function loadParameters(
  tf: Tf,
  folder: string,
  shapes: readonly ParameterShape[],
  config: BertConfig,
  { seed, ignoreMismatchedSizes, warn, model }: LoadOptions,
): Promise<Map<string, Variable>> {
  const file = await openWeights(folder);
  const parameters = new Map<string, Variable>();
  try {
    const match = matchWeights(shapes, file);
    refuseStranger(match, folder);
    if (ignoreMismatchedSizes !== true) refuseMismatch(match, folder, ignoreMismatchedSizes === 'head');
    for (const [index, shape] of shapes.entries()) {
      const stored = match.found.get(shape.name);
      const values = stored === undefined ? newValues(shape, index, config, seed) : await valuesOf(file, stored, shape);
      parameters.set(shape.name, variableOf(tf, shape, values));
    }
    for (const sentence of describeMatch(match, folder, model)) warn(sentence);
    return parameters;
  } catch (error) {
    for (const variable of parameters.values()) variable.dispose();
    throw error;
  } finally {
    await file.close();
  }
}

/** Puts a folder's weights into the variables of a model. Throws `checkpoint` where one is missing, before any is changed. */
export async function restoreParameters(
  tf: Tf,
  folder: string,
  shapes: readonly ParameterShape[],
  parameters: ReadonlyMap<string, Variable>,
): Promise<void> {
  const file = await openWeights(folder);
  try {
    const match = matchWeights(shapes, file);
    refuseMismatch(match, folder);
    if (match.missing.length > 0) {
      throw new TuneboardError(
        'checkpoint',
        `The checkpoint at ${folder} lacks ${pythonRepr([...match.missing])}: take another one.`,
      );
    }
    for (const shape of shapes) {
      const values = await valuesOf(file, match.found.get(shape.name) as string, shape);
      tf.tidy(() => parameters.get(shape.name)?.assign(tf.tensor(values, [...shape.shape])));
    }
  } finally {
    await file.close();
  }
}

/** Writes model.safetensors as Python's transformers reads it. */
export function saveParameters(
  folder: string,
  shapes: readonly ParameterShape[],
  parameters: ReadonlyMap<string, Variable>,
): Promise<void> {
  const tensors = shapes.map(({ name, shape, isTransposed }) => ({
    name,
    shape: isTransposed ? shape.toReversed() : shape,
    values: async () => {
      const values = (await (parameters.get(name) as Variable).data()) as Float32Array;
      return isTransposed ? transposed(values, shape as [number, number]) : values;
    },
  }));
  return writeSafetensors(join(folder, WEIGHTS_FILE), tensors, { format: 'pt' });
}

async function valuesOf(
  file: TensorFile,
  stored: string,
  { shape, isTransposed }: ParameterShape,
): Promise<Float32Array> {
  const values = await file.readFloats(stored);
  return isTransposed ? transposed(values, shape.toReversed() as [number, number]) : values;
}

function variableOf(tf: Tf, { shape }: ParameterShape, values: Float32Array): Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, [...shape])));
}

/** [rows, columns] → [columns, rows], in blocks that stay in a processor's cache. */
function transposed(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const result = new Float32Array(values.length);
  const block = 32;
  for (let top = 0; top < rows; top += block) {
    const bottom = Math.min(rows, top + block);
    for (let left = 0; left < columns; left += block) {
      const right = Math.min(columns, left + block);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          result[column * rows + row] = values[row * columns + column] as number;
        }
      }
    }
  }
  return result;
}
