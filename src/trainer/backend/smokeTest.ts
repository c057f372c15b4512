import { BertForSequenceClassification } from '../models/bert.ts';
import { bertConfig } from '../models/bertConfig.ts';
import type { EncodedBatch } from '../models/encodedBatch.ts';
import { crossEntropy } from '../models/loss.ts';
import type { Tf } from '../tf.ts';

const BATCH: EncodedBatch = {
  inputIds: Int32Array.of(2, 5, 6, 3, 2, 7, 3, 0),
  attentionMask: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 0),
  size: 2,
  length: 4,
};
const STEP = 0.01;

/**
 * Runs a tiny BERT forward and backward on the backend in use: a step against the gradient must lower the loss by about
 * what the gradient says. Returns what is wrong, undefined when nothing is.
 */
export function smokeTest(tf: Tf): string | undefined {
  const config = bertConfig({
    vocab_size: 8,
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 16,
    max_position_embeddings: 4,
    initializer_range: 0.3,
  });
  const model = BertForSequenceClassification.fromConfig(tf, config, 1);
  try {
    return tf.tidy(() => {
      const loss = () => crossEntropy(tf, model.logits(BATCH, null), Int32Array.of(0, 1), 0);
      const variables = [...model.parameters.values()];
      const { value, grads } = tf.variableGrads(loss, variables);
      const before = value.dataSync()[0] as number;
      let square = 0;
      for (const variable of variables) {
        const gradient = grads[variable.name];
        if (!gradient) return 'a parameter has no gradient';
        square += tf.sum(tf.square(gradient)).dataSync()[0] as number;
        variable.assign(tf.sub(variable, tf.mul(STEP, gradient)));
      }
      const fallen = before - (loss().dataSync()[0] as number);
      const expected = STEP * square;
      return Math.abs(fallen - expected) < 0.2 * expected
        ? undefined
        : `the loss fell by ${fallen}, not by ${expected}`;
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    model.dispose();
  }
}
