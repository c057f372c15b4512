/**
 * Runs a small neural net given as a node list with ONNX's operator names, one input row at a time: every tensor is then
 * one flat vector, whatever its shape.
 */
type Vector = Float64Array;
type Attributes = Readonly<Record<string, number>>;
type Operator = (inputs: readonly Vector[], attributes: Attributes) => Vector;

interface Initial {
  readonly shape: readonly number[];
  readonly off: number;
}

export interface Graph {
  readonly nodes: readonly (readonly [op: string, inputs: readonly string[], output: string, attributes: Attributes])[];
  readonly const: Readonly<Record<string, { readonly data: readonly number[]; readonly int: boolean }>>;
  readonly init: Readonly<Record<string, Initial>>;
}

/** A function from the two inputs to the net's output. Throws for an operator that it does not know. */
export function compileGraph(graph: Graph, weights: Float32Array): (categories: Vector, numbers: Vector) => Vector {
  const known = new Map<string, Vector>();
  const widths = new Map<string, number>();
  for (const [name, { data }] of Object.entries(graph.const)) known.set(name, Float64Array.from(data));
  for (const [name, { shape, off }] of Object.entries(graph.init)) {
    const size = shape.reduce((product, length) => product * length, 1);
    known.set(name, Float64Array.from(weights.subarray(off, off + size)));
    if (shape.length === 2) widths.set(name, shape[1] as number);
  }
  const isInt = (name: string): boolean => graph.const[name]?.int === true;
  const steps = graph.nodes.map(([op, inputs, output, attributes]) => {
    const operator = op === 'Div' && isInt(inputs[1] as string) ? integerDivision : OPERATORS[op];
    if (!operator) throw new Error(`The graph has an operator ${op}, which is not known here.`);
    return { operator, inputs, output, attributes: { ...attributes, width: widths.get(inputs[0] as string) ?? 1 } };
  });
  return (categories, numbers) => {
    const values = new Map(known).set('x_cat', categories).set('x_cont', numbers);
    for (const { operator, inputs, output, attributes } of steps) {
      values.set(
        output,
        operator(
          inputs.map((name) => values.get(name) as Vector),
          attributes,
        ),
      );
    }
    return values.get('output') as Vector;
  };
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  Gather: gather,
  Concat: (inputs) => Float64Array.from(inputs.flatMap((input) => [...input])),
  Cast: ([input], { to }) => (to === 6 || to === 7 ? (input as Vector).map(Math.trunc) : (input as Vector)),
  Unsqueeze: ([input]) => input as Vector,
  Shape: ([input]) => Float64Array.of(1, (input as Vector).length),
  Slice: ([input, from, to]) => (input as Vector).slice((from as Vector)[0], (to as Vector)[0]),
  Gemm: gemm,
  BatchNormalization: normalise,
  Relu: each((x) => Math.max(x, 0)),
  Sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Neg: each((x) => -x),
  Round: each((x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))),
  Add: pairs((a, b) => a + b),
  Sub: pairs((a, b) => a - b),
  Mul: pairs((a, b) => a * b),
  Div: pairs((a, b) => a / b),
};

const integerDivision = pairs((a, b) => Math.trunc(a / b));

function each(compute: (x: number) => number): Operator {
  return ([input]) => (input as Vector).map(compute);
}

/** Either side may be one number for all of the other side. */
function pairs(compute: (a: number, b: number) => number): Operator {
  return ([a, b]) => {
    const [left, right] = [a as Vector, b as Vector];
    return Float64Array.from({ length: Math.max(left.length, right.length) }, (_, index) =>
      compute(left[left.length === 1 ? 0 : index] as number, right[right.length === 1 ? 0 : index] as number),
    );
  };
}

/** Row `index` of a matrix, element `index` of a vector; a negative one counts from the end. */
function gather([table, index]: readonly Vector[], { width = 1 }: Attributes): Vector {
  const [from, place] = [table as Vector, (index as Vector)[0] as number];
  const row = place < 0 ? from.length / width + place : place;
  return from.slice(row * width, (row + 1) * width);
}

/** W x + b, with W by rows. */
function gemm([x, weights, bias]: readonly Vector[], { transB }: Attributes): Vector {
  if (transB !== 1) throw new Error('Only a transposed second factor is known here.');
  const [input, matrix] = [x as Vector, weights as Vector];
  const output = Float64Array.from(bias as Vector);
  for (let row = 0, place = 0; row < output.length; row++) {
    // Four sums at once, as one would wait for itself at every addition.
    let [a, b, c, d, column] = [0, 0, 0, 0, 0];
    for (; column + 3 < input.length; column += 4, place += 4) {
      a += (matrix[place] as number) * (input[column] as number);
      b += (matrix[place + 1] as number) * (input[column + 1] as number);
      c += (matrix[place + 2] as number) * (input[column + 2] as number);
      d += (matrix[place + 3] as number) * (input[column + 3] as number);
    }
    for (; column < input.length; column++) a += (matrix[place++] as number) * (input[column] as number);
    output[row] = (output[row] as number) + a + b + c + d;
  }
  return output;
}

function normalise([x, scale, shift, mean, variance]: readonly Vector[], { epsilon = 1e-5 }: Attributes): Vector {
  return (x as Vector).map(
    (value, index) =>
      ((value - ((mean as Vector)[index] as number)) * ((scale as Vector)[index] as number)) /
        Math.sqrt(((variance as Vector)[index] as number) + epsilon) +
      ((shift as Vector)[index] as number),
  );
}
