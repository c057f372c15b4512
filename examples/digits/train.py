"""Trains a small neural network on 1,797 real handwritten digits and prints its accuracy after every epoch.

Plain Python: nothing to install. What can be tuned stands at the top, as in most training scripts; train.study.yaml
points at it, and nothing in here knows of Tuneboard.
"""

import gzip
import math
import random
from pathlib import Path

LEARNING_RATE = 0.05
MOMENTUM = 0.5
HIDDEN = 8
BATCH_SIZE = 64
WEIGHT_DECAY = 0.0001

EPOCHS = 6
SEED = 1
CLASSES = 10


def load_digits():
    """Rows of 64 pixels from 0 to 1 with their digit. The last quarter, by other writers, is for validation."""
    text = gzip.decompress((Path(__file__).parent / "digits.csv.gz").read_bytes()).decode()
    rows = [[int(value) for value in line.split(",")] for line in text.split()]
    digits = [([pixel / 16 for pixel in pixels], digit) for *pixels, digit in rows]
    cut = len(digits) * 3 // 4
    return digits[:cut], digits[cut:]


class Network:
    """One hidden layer of rectified units, trained by gradient descent with momentum."""

    def __init__(self, inputs, hidden, rng):
        self.layers = [layer(inputs, hidden, rng), layer(hidden, CLASSES, rng)]
        self.speeds = [[[0.0] * len(row) for row in rows] for rows in self.layers]

    def forward(self, pixels):
        hidden = [max(0.0, dot(row, pixels)) for row in self.layers[0]]
        scores = [dot(row, hidden) for row in self.layers[1]]
        highest = max(scores)
        weights = [math.exp(score - highest) for score in scores]
        total = sum(weights)
        return hidden, [weight / total for weight in weights]

    def train(self, batch):
        """One step on a batch; returns the sum of its losses."""
        gradients = [[[0.0] * len(row) for row in rows] for rows in self.layers]
        loss = 0.0
        for pixels, digit in batch:
            hidden, chances = self.forward(pixels)
            loss -= math.log(max(chances[digit], 1e-12))
            errors = [chance - (digit == label) for label, chance in enumerate(chances)]
            for error, gradient in zip(errors, gradients[1]):
                add(gradient, error, hidden)
            for unit, value in enumerate(hidden):
                if value > 0.0:
                    error = sum(error * row[unit] for error, row in zip(errors, self.layers[1]))
                    add(gradients[0][unit], error, pixels)
        for rows, speeds, slopes in zip(self.layers, self.speeds, gradients):
            for row, speed, slope in zip(rows, speeds, slopes):
                for i, weight in enumerate(row):
                    speed[i] = MOMENTUM * speed[i] - LEARNING_RATE * (slope[i] / len(batch) + WEIGHT_DECAY * weight)
                    row[i] = weight + speed[i]
        return loss

    def accuracy(self, digits):
        hits = 0
        for pixels, digit in digits:
            _, chances = self.forward(pixels)
            hits += chances.index(max(chances)) == digit
        return hits / len(digits)


def layer(inputs, outputs, rng):
    return [[rng.gauss(0.0, math.sqrt(2 / inputs)) for _ in range(inputs)] for _ in range(outputs)]


def dot(left, right):
    return sum(map(float.__mul__, left, right))


def add(target, factor, values):
    for i, value in enumerate(values):
        if value:
            target[i] += factor * value


def main():
    rng = random.Random(SEED)
    training, validation = load_digits()
    network = Network(len(training[0][0]), HIDDEN, rng)
    for epoch in range(1, EPOCHS + 1):
        rng.shuffle(training)
        batches = (training[at : at + BATCH_SIZE] for at in range(0, len(training), BATCH_SIZE))
        loss = sum(network.train(batch) for batch in batches) / len(training)
        print(f"epoch={epoch} loss={loss:.4f} accuracy={network.accuracy(validation):.4f}", flush=True)


if __name__ == "__main__":
    main()
