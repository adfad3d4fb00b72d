import { checkInteger, checkOneOf, unexpected } from '../errors/check.ts';
import { constant, he, type Init } from './init.ts';
import { elements, type Shape, sameShape, windowed } from './shape.ts';

/**
 * The attributes of every operator, by its name; names and meanings are PyTorch's in camelCase.
 * A new operator is one entry here, one in {@link vocabulary} and one in `execute.ts`; the compiler
 * insists on all three.
 */
export interface Attributes {
  /** What the graph is given, one example of this shape. */
  input: { readonly shape: Shape };
  /** 2-d convolution without bias. Parameters: `weight` [out, C/groups, kernel, kernel]. */
  conv2d: {
    readonly out: number;
    readonly kernel: number;
    readonly stride: number;
    readonly padding: number;
    readonly groups: number;
  };
  /**
   * 1×1 convolution over the depth-concatenation of its k inputs. Its weight is k parameters
   * `weight0`… [out, Cᵢ, 1, 1], one for each input: side by side they are the weight of
   * conv1×1(concat(inputs)). So a varying set of inputs selects slices of one large weight.
   */
  concatConv: { readonly out: number };
  /**
   * Batch normalisation over all axes but the channels (Ioffe & Szegedy 2015).
   * Parameters: `gamma`, `beta` [C]. With `statistics: 'batch'` it normalises by the minibatch's own
   * mean and variance, in evaluation too (shared parameters belong to no one network, so no running
   * average would be right). With 'running' it has the buffers `runningMean`, `runningVar` [C], which
   * training moves by `momentum` (PyTorch's sense) and evaluation uses.
   */
  batchNorm: {
    readonly statistics: 'batch' | 'running';
    readonly eps: number;
    readonly momentum: number;
  };
  relu: NoAttributes;
  /** Sum of two or more inputs of one shape. */
  add: NoAttributes;
  /** Inputs one after the other along the channels. */
  concat: NoAttributes;
  /** Mean over a window; zero padding is not counted (PyTorch's `countIncludePad: false`). */
  avgPool: WindowAttributes;
  maxPool: WindowAttributes;
  /**
   * Every second pixel along height and width, beginning with pixel `offset`. The result is
   * ⌈H/2⌉ × ⌈W/2⌉ for either offset: where an odd size leaves offset 1 a pixel short, that is zero.
   */
  subsample: { readonly offset: 0 | 1 };
  /** Mean over height and width: [C, H, W] → [C]. */
  globalAvgPool: NoAttributes;
  /** In training, zeroes each element with probability `p` and scales the others by 1/(1 − p). */
  dropout: { readonly p: number };
  /** Affine map of features. Parameters: `weight` [out, F] and, if `bias`, `bias` [out]. */
  linear: { readonly out: number; readonly bias: boolean };
}

export type NoAttributes = Readonly<Record<never, never>>;

export interface WindowAttributes {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

export type OpName = keyof Attributes;
export type AttributesOf<Op extends OpName> = Attributes[Op];

/** A parameter of an operator, before it has a name in a graph. */
export interface ParameterRole {
  readonly role: string;
  readonly shape: Shape;
  readonly init: Init;
}

/** A running statistic of an operator, before it has a name in a graph. */
export interface BufferRole {
  readonly role: string;
  readonly shape: Shape;
  readonly value: number;
}

/** Rejects an operator's inputs; the argument says what was expected of them. */
export type Refuse = (expected: string) => never;

/** What an operator is, as far as that needs no tensor. Shapes are of one example, without the batch. */
export interface OpDefinition<A> {
  /** What stands in its box in a picture. */
  label(attrs: A): string;
  /** How many inputs it takes. */
  readonly inputs: { readonly min: number; readonly max: number };
  /** For each attribute a function that returns it checked, or throws. */
  readonly attributes: {
    readonly [K in keyof A]: (where: string, value: unknown) => A[K];
  };
  shape(inputs: readonly Shape[], attrs: A, refuse: Refuse): Shape;
  parameters?(inputs: readonly Shape[], attrs: A): readonly ParameterRole[];
  buffers?(inputs: readonly Shape[], attrs: A): readonly BufferRole[];
  /**
   * Multiply-adds for one example. Counted as the field does: convolutions and matrix products;
   * normalisation, activations, pooling and sums are free. Absent = 0.
   */
  multiplyAdds?(inputs: readonly Shape[], attrs: A, output: Shape): number;
}

const none = { min: 0, max: 0 };
const one = { min: 1, max: 1 };

const integer = (min: number) => (where: string, value: unknown) => checkInteger(where, value, min);

function fraction(where: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  throw unexpected(where, 'a number from 0 to below 1', value);
}

function positive(where: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw unexpected(where, 'a positive number', value);
}

function truth(where: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw unexpected(where, 'true or false', value);
}

function sizes(where: string, value: unknown): Shape {
  if (!Array.isArray(value)) throw unexpected(where, 'an array of sizes', value);
  return value.map((size, axis) => checkInteger(`${where}[${axis}]`, size, 1));
}

function featureMap(shape: Shape, refuse: Refuse): readonly [number, number, number] {
  const [channels, height, width] = shape;
  if (shape.length !== 3) refuse('a feature map [C, H, W]');
  return [channels!, height!, width!];
}

const pool: Omit<OpDefinition<WindowAttributes>, 'label'> = {
  inputs: one,
  attributes: { kernel: integer(1), stride: integer(1), padding: integer(0) },
  shape([x], { kernel, stride, padding }, refuse) {
    const [channels, height, width] = featureMap(x!, refuse);
    // libtorch refuses more: a window could then lie wholly in the padding.
    if (2 * padding > kernel) refuse(`a padding of at most half the kernel ${kernel}`);
    return [channels, ...slide(height, width, kernel, stride, padding, refuse)];
  },
};

function slide(
  height: number,
  width: number,
  kernel: number,
  stride: number,
  padding: number,
  refuse: Refuse,
): [number, number] {
  const out: [number, number] = [
    windowed(height, kernel, stride, padding),
    windowed(width, kernel, stride, padding),
  ];
  if (out[0] < 1 || out[1] < 1) {
    refuse(`height and width of at least ${kernel - 2 * padding} for a ${kernel}×${kernel} window`);
  }
  return out;
}

/** Every operator a graph can have. */
export const vocabulary: { readonly [Op in OpName]: OpDefinition<AttributesOf<Op>> } = {
  input: {
    label: () => 'input',
    inputs: none,
    attributes: { shape: sizes },
    shape: (_, { shape }) => shape,
  },

  conv2d: {
    label: ({ kernel, groups }) => `${groups > 1 ? 'grouped ' : ''}conv ${kernel}×${kernel}`,
    inputs: one,
    attributes: {
      out: integer(1),
      kernel: integer(1),
      stride: integer(1),
      padding: integer(0),
      groups: integer(1),
    },
    shape([x], { out, kernel, stride, padding, groups }, refuse) {
      const [channels, height, width] = featureMap(x!, refuse);
      if (channels % groups !== 0 || out % groups !== 0) {
        refuse(`input and output channels (${channels}, ${out}) divisible by groups ${groups}`);
      }
      return [out, ...slide(height, width, kernel, stride, padding, refuse)];
    },
    parameters([x], { out, kernel, groups }) {
      const channels = x![0]! / groups;
      const init = he(channels * kernel * kernel);
      return [{ role: 'weight', shape: [out, channels, kernel, kernel], init }];
    },
    multiplyAdds: ([x], { kernel, groups }, output) =>
      elements(output) * (x![0]! / groups) * kernel * kernel,
  },

  concatConv: {
    label: () => 'concat, conv 1×1',
    inputs: { min: 1, max: Number.POSITIVE_INFINITY },
    attributes: { out: integer(1) },
    shape(inputs, { out }, refuse) {
      const [, height, width] = concatenated(inputs, refuse);
      return [out, height!, width!];
    },
    parameters(inputs, { out }) {
      const init = he(inputs.reduce((sum, [channels]) => sum + channels!, 0));
      return inputs.map(([channels], i) => ({
        role: `weight${i}`,
        shape: [out, channels!, 1, 1],
        init,
      }));
    },
    multiplyAdds: (inputs, _, output) =>
      elements(output) * inputs.reduce((sum, [channels]) => sum + channels!, 0),
  },

  batchNorm: {
    label: () => 'batch norm',
    inputs: one,
    attributes: {
      statistics: (where, value) => checkOneOf(where, value, ['batch', 'running'] as const),
      eps: positive,
      momentum: fraction,
    },
    shape: ([x], _, refuse) => (x!.length === 0 ? refuse('an input with channels') : x!),
    parameters: ([x]) => [
      { role: 'gamma', shape: [x![0]!], init: constant(1) },
      { role: 'beta', shape: [x![0]!], init: constant(0) },
    ],
    buffers: ([x], { statistics }) =>
      statistics === 'batch'
        ? []
        : [
            { role: 'runningMean', shape: [x![0]!], value: 0 },
            { role: 'runningVar', shape: [x![0]!], value: 1 },
          ],
  },

  relu: { label: () => 'ReLU', inputs: one, attributes: {}, shape: ([x]) => x! },

  add: {
    label: () => '+',
    inputs: { min: 2, max: Number.POSITIVE_INFINITY },
    attributes: {},
    shape: (inputs, _, refuse) =>
      inputs.every((shape) => sameShape(shape, inputs[0]!))
        ? inputs[0]!
        : refuse('inputs of one shape'),
  },

  concat: {
    label: () => 'concat',
    inputs: { min: 1, max: Number.POSITIVE_INFINITY },
    attributes: {},
    shape: (inputs, _, refuse) => concatenated(inputs, refuse),
  },

  avgPool: { ...pool, label: ({ kernel }) => `avg pool ${kernel}×${kernel}` },

  maxPool: { ...pool, label: ({ kernel }) => `max pool ${kernel}×${kernel}` },

  subsample: {
    label: ({ offset }) => (offset === 0 ? 'even pixels' : 'odd pixels'),
    inputs: one,
    attributes: { offset: (where, value) => checkInteger(where, value, 0, 1) as 0 | 1 },
    shape([x], _, refuse) {
      const [channels, height, width] = featureMap(x!, refuse);
      return [channels, Math.ceil(height / 2), Math.ceil(width / 2)];
    },
  },

  globalAvgPool: {
    label: () => 'global avg pool',
    inputs: one,
    attributes: {},
    shape: ([x], _, refuse) => [featureMap(x!, refuse)[0]],
  },

  dropout: {
    label: ({ p }) => `dropout ${Number(p.toFixed(3))}`,
    inputs: one,
    attributes: { p: fraction },
    shape: ([x]) => x!,
  },

  linear: {
    label: ({ out }) => `linear ${out}`,
    inputs: one,
    attributes: { out: integer(1), bias: truth },
    shape: ([x], { out }, refuse) => (x!.length === 1 ? [out] : refuse('features [F]')),
    parameters([x], { out, bias }) {
      const features = x![0]!;
      const weight = { role: 'weight', shape: [out, features], init: he(features) };
      return bias ? [weight, { role: 'bias', shape: [out], init: constant(0) }] : [weight];
    },
    multiplyAdds: ([x], { out }) => out * x![0]!,
  },
};

/** Shape of inputs laid one after the other along the channels. */
function concatenated(inputs: readonly Shape[], refuse: Refuse): Shape {
  const [first] = inputs;
  const rest = first!.slice(1);
  if (first!.length === 0 || !inputs.every((shape) => sameShape(shape.slice(1), rest))) {
    refuse('inputs that differ in channels only');
  }
  return [inputs.reduce((sum, shape) => sum + shape[0]!, 0), ...rest];
}
