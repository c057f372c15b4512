"""One turn of a size of the trainer bench in Python's TensorFlow, `tf.function`, on one thread: `trainerTensorflow.py SIZE_AS_JSON`. See trainerSizes.ts."""

import json
import math
import resource
import sys
import time

import tensorflow as tf

size = json.loads(sys.argv[1])
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
hidden, heads, inner = size["hidden"], size["heads"], size["inner"]
shape = (size["batch"], size["length"])
DROPOUT = 0.1
variables = []


def weight(*dimensions):
    variables.append(tf.Variable(tf.random.normal(dimensions, stddev=0.02)))
    return variables[-1]


def linear(inputs, outputs):
    kernel, bias = weight(inputs, outputs), weight(outputs)
    return lambda x: tf.tensordot(x, kernel, 1) + bias


def layer_norm():
    scale, shift = weight(hidden), weight(hidden)

    def apply(x):
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-12)

    return apply


def dropout(x, training):
    return tf.nn.dropout(x, DROPOUT) if training else x


def layer():
    query, key, value, output = (linear(hidden, hidden) for _ in range(4))
    expand, contract = linear(hidden, inner), linear(inner, hidden)
    first, second = layer_norm(), layer_norm()

    def by_head(x):
        return tf.transpose(tf.reshape(x, (*shape, heads, hidden // heads)), (0, 2, 1, 3))

    def apply(x, mask, training):
        scores = tf.matmul(by_head(query(x)), by_head(key(x)), transpose_b=True) / math.sqrt(hidden // heads)
        attention = dropout(tf.nn.softmax(scores + mask), training)
        mixed = tf.reshape(tf.transpose(tf.matmul(attention, by_head(value(x))), (0, 2, 1, 3)), (*shape, hidden))
        x = first(x + dropout(output(mixed), training))
        return second(x + dropout(contract(tf.nn.gelu(expand(x))), training))

    return apply


words, positions, types = weight(size["vocabulary"], hidden), weight(512, hidden), weight(2, hidden)
norm = layer_norm()
layers = [layer() for _ in range(size["layers"])]
pooler, classifier = linear(hidden, hidden), linear(hidden, 2)
moments = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]
count = tf.Variable(0.0)
ids = tf.reshape(tf.range(shape[0] * shape[1]) * 7919 % (size["vocabulary"] - 1) + 1, shape)
labels = tf.range(shape[0]) % 2


def logits(training):
    x = norm(tf.gather(words, ids) + positions[: shape[1]] + types[0])
    x = dropout(x, training)
    mask = tf.zeros((shape[0], 1, 1, shape[1]))
    for one in layers:
        x = one(x, mask, training)
    return classifier(dropout(tf.tanh(pooler(x[:, 0])), training))


@tf.function
def train():
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits(True)))
    gradients, _ = tf.clip_by_global_norm([tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)], 1.0)
    count.assign_add(1.0)
    step = 1e-4 * tf.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    for variable, gradient, (mean, square) in zip(variables, gradients, moments):
        mean.assign(0.9 * mean + 0.1 * gradient)
        square.assign(0.999 * square + 0.001 * gradient * gradient)
        variable.assign(variable * (1 - 1e-4 * 0.01) - step * mean / (tf.sqrt(square) + 1e-8))
    return loss


evaluate = tf.function(lambda: logits(False))


def sequences_per_second(run):
    run().numpy()
    before = time.process_time()
    for _ in range(size["steps"]):
        run().numpy()
    return shape[0] * size["steps"] / (time.process_time() - before)


training = sequences_per_second(train)
evaluation = sequences_per_second(evaluate)
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(training=training, evaluation=evaluation, megabytes=megabytes)))
