import { fraction, integer, oneOf, positive, sizes, truth } from '../attributes.ts';
import { constant, he } from '../init.ts';
import { arity, type Definitions, type NoAttributes } from '../operator.ts';
import type { Shape } from '../shape.ts';
import { common, concatenated, featuresOf } from './joined.ts';

/** Attributes of the operators that networks of every kind have. */
export interface GeneralAttributes {
  /** What the graph is given, one example of this shape. */
  input: { readonly shape: Shape };
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
  /** Zeros of its input's shape, whatever the input is. */
  zeros: NoAttributes;
  /** Mean of one or more inputs of one shape. */
  mean: NoAttributes;
  /** Inputs one after the other along the channels. */
  concat: NoAttributes;
  /**
   * In training, zeroes each element with probability `p` and scales the others by 1/(1 − p). Over
   * time each step draws anew, unless it is `variational`: then one mask holds for all time steps of
   * a call (Gal & Ghahramani 2016).
   */
  dropout: { readonly p: number; readonly variational: boolean };
  /**
   * In training, zeroes whole examples, each with probability `p`·progress, and scales the others by
   * 1/(1 − p·progress) (drop-path, Larsson et al. 2017); progress is the share of the training done.
   */
  dropPath: { readonly p: number };
  /** Affine map of features. Parameters: `weight` [out, F] and, if `bias`, `bias` [out]. */
  linear: { readonly out: number; readonly bias: boolean };
}

export const generalOperators: Definitions<GeneralAttributes> = {
  input: {
    label: () => 'input',
    inputs: arity.none,
    attributes: { shape: sizes },
    shape: (_, { shape }) => shape,
  },

  batchNorm: {
    label: () => 'batch norm',
    inputs: arity.one,
    attributes: {
      statistics: oneOf(['batch', 'running']),
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

  relu: { label: () => 'ReLU', inputs: arity.one, attributes: {}, shape: ([x]) => x! },

  add: {
    label: () => '+',
    inputs: arity.twoOrMore,
    attributes: {},
    shape: (inputs, _, refuse) => common(inputs, refuse),
  },

  zeros: { label: () => '0', inputs: arity.one, attributes: {}, shape: ([x]) => x! },

  mean: {
    label: () => 'mean',
    inputs: arity.oneOrMore,
    attributes: {},
    shape: (inputs, _, refuse) => common(inputs, refuse),
  },

  concat: {
    label: () => 'concat',
    inputs: arity.oneOrMore,
    attributes: {},
    shape: (inputs, _, refuse) => concatenated(inputs, refuse),
  },

  dropout: {
    label: ({ p }) => `dropout ${Number(p.toFixed(3))}`,
    inputs: arity.one,
    attributes: { p: fraction, variational: truth },
    shape: ([x]) => x!,
  },

  dropPath: {
    label: ({ p }) => `drop path ${Number(p.toFixed(3))}`,
    inputs: arity.one,
    attributes: { p: fraction },
    shape: ([x]) => x!,
  },

  linear: {
    label: ({ out }) => `linear ${out}`,
    inputs: arity.one,
    attributes: { out: integer(1), bias: truth },
    shape([x], { out }, refuse) {
      featuresOf(x!, refuse);
      return [out];
    },
    parameters([x], { out, bias }) {
      const features = x![0]!;
      const weight = { role: 'weight', shape: [out, features], init: he(features) };
      return bias ? [weight, { role: 'bias', shape: [out], init: constant(0) }] : [weight];
    },
    multiplyAdds: ([x], { out }) => out * x![0]!,
  },
};
