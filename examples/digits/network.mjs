/** One hidden layer with ReLU, a softmax output, cross-entropy loss; trained by SGD with momentum or by Adam. */
export class Network {
  #options;
  #random;
  #layers;
  #steps = 0;

  constructor(options) {
    this.#options = options;
    this.#random = randomNumbers(options.seed);
    this.#layers = [this.#layer(options.inputs, options.hidden), this.#layer(options.hidden, options.classes)];
  }

  /** He initialisation: normal with variance 2 / inputs. The last row of the weights is the bias. */
  #layer(inputs, outputs) {
    const size = (inputs + 1) * outputs;
    const weights = new Float64Array(size);
    const scale = Math.sqrt(2 / inputs);
    for (let i = 0; i < inputs * outputs; i++) weights[i] = scale * normal(this.#random);
    const zeros = () => new Float64Array(size);
    return { inputs, outputs, weights, gradient: zeros(), velocity: zeros(), square: zeros() };
  }

  /** One pass over the data in random order. Returns the mean loss. */
  trainEpoch({ pixels, labels }, batchSize) {
    const order = shuffled(pixels.length, this.#random);
    let loss = 0;
    for (let start = 0; start < order.length; start += batchSize) {
      const batch = order.slice(start, start + batchSize);
      for (const index of batch) loss += this.#learn(pixels[index], labels[index]);
      this.#step(batch.length);
    }
    return loss / pixels.length;
  }

  /** Everything that training changes. */
  save() {
    const layers = this.#layers.map(({ weights, velocity, square }) =>
      [weights, velocity, square].map((part) => [...part]),
    );
    return { steps: this.#steps, random: this.#random.state, layers };
  }

  /** Goes on where a network of the same size was saved. */
  load({ steps, random, layers }) {
    this.#steps = steps;
    this.#random = randomNumbers(0, random);
    for (const [index, parts] of layers.entries()) {
      const { weights, velocity, square } = this.#layers[index];
      for (const [place, part] of [weights, velocity, square].entries()) part.set(parts[place]);
    }
  }

  accuracy({ pixels, labels }) {
    let right = 0;
    for (let i = 0; i < pixels.length; i++) {
      const { scores } = this.#forward(pixels[i]);
      if (scores.indexOf(Math.max(...scores)) === labels[i]) right++;
    }
    return right / pixels.length;
  }

  #forward(input) {
    const [first, second] = this.#layers;
    const hidden = multiply(first, input).map((value) => Math.max(0, value));
    return { hidden, scores: multiply(second, hidden) };
  }

  /** Adds one example's gradient (back-propagation) and returns its loss. */
  #learn(input, label) {
    const [first, second] = this.#layers;
    const { hidden, scores } = this.#forward(input);
    const errors = softmax(scores);
    const loss = -Math.log(Math.max(errors[label], 1e-300));
    errors[label] -= 1;
    const hiddenErrors = multiplyBack(second, errors);
    for (let i = 0; i < hidden.length; i++) if (hidden[i] <= 0) hiddenErrors[i] = 0;
    addGradient(second, hidden, errors);
    addGradient(first, input, hiddenErrors);
    return loss;
  }

  #step(batchLength) {
    const { learningRate, optimizer, momentum, weightDecay } = this.#options;
    this.#steps++;
    for (const { weights, gradient, velocity, square } of this.#layers) {
      for (let i = 0; i < weights.length; i++) {
        const slope = gradient[i] / batchLength + weightDecay * weights[i];
        gradient[i] = 0;
        if (optimizer === 'adam') {
          velocity[i] = 0.9 * velocity[i] + 0.1 * slope;
          square[i] = 0.999 * square[i] + 0.001 * slope * slope;
          const mean = velocity[i] / (1 - 0.9 ** this.#steps);
          const variance = square[i] / (1 - 0.999 ** this.#steps);
          weights[i] -= (learningRate * mean) / (Math.sqrt(variance) + 1e-8);
        } else {
          velocity[i] = momentum * velocity[i] + slope;
          weights[i] -= learningRate * velocity[i];
        }
      }
    }
  }
}

function multiply({ inputs, outputs, weights }, input) {
  const result = weights.slice(inputs * outputs);
  for (let i = 0; i < inputs; i++) {
    const value = input[i];
    if (value === 0) continue;
    for (let j = 0, at = i * outputs; j < outputs; j++, at++) result[j] += value * weights[at];
  }
  return result;
}

function multiplyBack({ inputs, outputs, weights }, errors) {
  const result = new Float64Array(inputs);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0, at = i * outputs; j < outputs; j++, at++) result[i] += errors[j] * weights[at];
  }
  return result;
}

function addGradient({ inputs, outputs, gradient }, input, errors) {
  for (let i = 0; i <= inputs; i++) {
    const value = i === inputs ? 1 : input[i];
    if (value === 0) continue;
    for (let j = 0, at = i * outputs; j < outputs; j++, at++) gradient[at] += value * errors[j];
  }
}

function softmax(scores) {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function shuffled(length, random) {
  const order = Array.from({ length }, (_, index) => index);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Uniform numbers in [0, 1): a multiplicative congruential generator (Park and Miller, 1988). */
function randomNumbers(seed, state = (seed % (2 ** 31 - 2)) + 1) {
  const modulus = 2 ** 31 - 1;
  const next = () => {
    next.state = (next.state * 16807) % modulus;
    return (next.state - 1) / (modulus - 1);
  };
  next.state = state;
  return next;
}

/** Box and Muller, 1958. */
function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
