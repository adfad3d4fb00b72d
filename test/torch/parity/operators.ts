import * as torch from '../../../src/torch/index.ts';
import { functional as F, type Tensor } from '../../../src/torch/index.ts';

type Inputs = Readonly<Record<string, Tensor>>;
// Each operator knows what options its cases have; a fixture file cannot tell the compiler.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Options = any;
type Compute = (inputs: Inputs, options: Options) => Record<string, Tensor>;

const dimensional = (method: keyof Tensor): Compute => {
  return ({ input }, { dim, ...rest }) => ({
    y: (input![method] as (dim: unknown, rest: object) => Tensor).call(input, dim, rest),
  });
};

const unary = (method: keyof Tensor): Compute => {
  return ({ input }) => ({ y: (input![method] as () => Tensor).call(input) });
};

const binary = (method: keyof Tensor): Compute => {
  return ({ input, other }, { scalar, ...rest }) => ({
    y: (input![method] as (other: unknown, rest: object) => Tensor).call(
      input,
      other ?? scalar,
      rest,
    ),
  });
};

const named = <K extends keyof Tensor>(make: (name: K) => Compute, names: readonly K[]) =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

/** Ours, by the names that the fixtures' cases have for them. */
export const operators: Readonly<Record<string, Compute>> = {
  conv2d: ({ input, weight, bias }, options) => ({
    y: F.conv2d(input!, weight!, bias === undefined ? options : { ...options, bias }),
  }),
  linear: ({ input, weight, bias }) => ({ y: F.linear(input!, weight!, bias) }),
  batchNorm({ input, ...rest }, options) {
    const { runningMean, runningVar } = rest;
    const y = F.batchNorm(input!, { ...rest, ...options });
    return runningMean === undefined ? { y } : { y, runningMean, runningVar: runningVar! };
  },
  avgPool2d: ({ input }, options) => ({ y: F.avgPool2d(input!, options) }),
  maxPool2d: ({ input }, options) => ({ y: F.maxPool2d(input!, options) }),
  adaptiveAvgPool2d: ({ input }, { outputSize }) => ({
    y: F.adaptiveAvgPool2d(input!, outputSize),
  }),
  pad: ({ input }, { padding, ...options }) => ({ y: F.pad(input!, padding, options) }),
  embedding: ({ weight, indices }) => ({ y: F.embedding(weight!, indices!) }),
  softmax: ({ input }, { dim }) => ({ y: input!.softmax(dim) }),
  logSoftmax: ({ input }, { dim }) => ({ y: input!.logSoftmax(dim) }),
  crossEntropy: ({ input, target, weight }, options) => ({
    loss: F.crossEntropy(input!, target!, weight === undefined ? options : { ...options, weight }),
  }),
  nllLoss: ({ input, target, weight }, options) => ({
    loss: F.nllLoss(input!, target!, weight === undefined ? options : { ...options, weight }),
  }),
  lstm({ input, h, c, ...weights }) {
    let state: [Tensor, Tensor] = [h!, c!];
    const outputs: Tensor[] = [];
    for (let step = 0; step < input!.shape[0]!; step++) {
      const { weightIh, weightHh, ...biases } = weights;
      state = F.lstmCell(input!.select(0, step), state, {
        weightIh: weightIh!,
        weightHh: weightHh!,
        ...biases,
      });
      outputs.push(state[0]);
    }
    return { h: torch.stack(outputs), c: state[1] };
  },

  ...named(unary, [
    'neg',
    'exp',
    'log',
    'sqrt',
    'rsqrt',
    'abs',
    'square',
    'sin',
    'cos',
    'floor',
    'round',
    'tanh',
    'sigmoid',
    'relu',
    'prod',
  ]),
  ...named(binary, [
    'add',
    'sub',
    'mul',
    'div',
    'pow',
    'remainder',
    'maximum',
    'minimum',
    'matmul',
  ]),
  ...named(dimensional, [
    'sum',
    'mean',
    'max',
    'min',
    'norm',
    'variance',
    'std',
    'logsumexp',
    'cumsum',
  ]),
  clamp: ({ input }, options) => ({ y: input!.clamp(options) }),
  indexSelect: ({ input, index }, { dim }) => ({ y: input!.indexSelect(dim, index!) }),
  gather: ({ input, index }, { dim }) => ({ y: input!.gather(dim, index!) }),
  scatter: ({ input, index, source }, { dim }) => ({ y: input!.scatter(dim, index!, source!) }),
  maskedFill: ({ input, mask }, { value }) => ({ y: input!.maskedFill(mask!, value) }),
  where: ({ condition, input, other }) => ({ y: torch.where(condition!, input!, other!) }),
};
