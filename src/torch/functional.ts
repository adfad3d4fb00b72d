import { checkOneOf, unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { givenMask } from './dropoutMasks.ts';
import { handleOf, Tensor } from './tensor.ts';

export { crossEntropy, type LossOptions, linearCrossEntropy, nllLoss } from './losses.ts';
export { type LstmWeights, lstm, lstmCell } from './lstm.ts';

/** One number for both spatial dimensions, or [height, width]. */
export type Pair = number | readonly [number, number];

const pair = (value: Pair): readonly number[] =>
  typeof value === 'number' ? [value, value] : value;

const maybe = (tensor: Tensor | undefined) => (tensor === undefined ? undefined : handleOf(tensor));

export interface Conv2dOptions {
  /** [out] */
  readonly bias?: Tensor;
  /** Default 1. */
  readonly stride?: Pair;
  /** Zeros added on each side. Default 0. */
  readonly padding?: Pair;
  /** Default 1. */
  readonly dilation?: Pair;
  /** Default 1; the number of channels makes it depthwise. */
  readonly groups?: number;
  /** Convolves relu(input), which is not stored where a kernel of ours does it. Default false. */
  readonly inputRelu?: boolean;
  /** Of the result, after the bias. Default false. */
  readonly relu?: boolean;
}

const conv2dKeys = [
  'bias',
  'stride',
  'padding',
  'dilation',
  'groups',
  'inputRelu',
  'relu',
] as const;

/**
 * [N, in, H, W] ∗ [out, in/groups, kH, kW] → [N, out, H', W'] (a cross-correlation, as everywhere in
 * the field). A float32 weight or bias that meets a bfloat16 input is taken as such, and its gradient
 * is in its own dtype.
 */
export function conv2d(input: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  const {
    bias,
    stride = 1,
    padding = 0,
    dilation = 1,
    groups = 1,
    inputRelu = false,
    relu = false,
  } = known('conv2d', options, conv2dKeys);
  return new Tensor(
    native.conv2d(
      handleOf(input),
      handleOf(weight),
      maybe(bias),
      pair(stride),
      pair(padding),
      pair(dilation),
      groups,
      inputRelu,
      relu,
    ),
  );
}

export interface PointwiseOptions {
  /** Take relu(inputs[i]), which is then not stored where the CPU has a kernel. Default false. */
  readonly inputRelu?: boolean;
  /** [out], of any dtype. */
  readonly bias?: Tensor;
  /** Of the result, after the bias. Default false. */
  readonly relu?: boolean;
}

/**
 * The 1×1 convolution of inputs next to each other: Σᵢ conv2d(inputs[i], weights[i]), which is
 * conv2d(cat(inputs, 1), cat(weights, 1)). Inputs [N, Cᵢ, H, W], weights [out, Cᵢ, 1, 1] or a single
 * one [out, ΣCᵢ, 1, 1] → [N, out, H, W]. Weights are taken in the inputs' dtype, and their gradients
 * are in their own. Channels-last float32 and bfloat16 inputs on the CPU are not copied together first, and
 * where no gradient is recorded the bias and the ReLU of the result cost no pass of their own.
 */
export function pointwise(
  inputs: readonly Tensor[],
  weights: readonly Tensor[],
  options: PointwiseOptions = {},
): Tensor {
  const {
    inputRelu = false,
    bias,
    relu = false,
  } = known('pointwise', options, ['inputRelu', 'bias', 'relu']);
  if (inputs.length === 0 || (weights.length !== inputs.length && weights.length !== 1)) {
    throw unexpected(
      'pointwise',
      'as many weights as inputs or a single one, and one input or more',
      `${inputs.length} inputs and ${weights.length} weights`,
    );
  }
  return new Tensor(
    native.pointwise(inputs.map(handleOf), weights.map(handleOf), inputRelu, maybe(bias), relu),
  );
}

/**
 * The input and the weights themselves, to be used in their place by several operators that read the input:
 * what `pointwise` and 1×1 `conv2d` among them give to the gradients of the input and, used with it, of a
 * weight is computed in one pass over all of them, to which the others' are added. Where the CPU has no
 * kernel for it, gradients are added up as ever.
 */
export function fanOut(input: Tensor, weights: readonly Tensor[] = []): [Tensor, ...Tensor[]] {
  const [first, ...more] = native.fanOut(handleOf(input), weights.map(handleOf));
  return [new Tensor(first!), ...more.map((handle) => new Tensor(handle))];
}

/**
 * A depthwise convolution and a 1×1 convolution of its result:
 * relu?(conv2d(conv2d(inputRelu?(input), depthwise, { stride, padding, groups: C }), pointwise) + bias).
 * Input [N, C, H, W], depthwise [C, 1, k, k], pointwise [out, C, 1, 1] → [N, out, H', W']. Weights are
 * taken in the input's dtype, in which what lies between is too. What lies between is not stored of
 * channels-last float32 and bfloat16 inputs on the CPU with k of 3, 5 or 7 and stride 1 or 2 in both
 * dimensions where no gradient is recorded; otherwise these are the two convolutions.
 *
 * @throws EnasTorchError where the shapes are no such convolution's
 */
export function separableConv2d(
  input: Tensor,
  depthwise: Tensor,
  pointwise: Tensor,
  options: Pick<Conv2dOptions, 'bias' | 'stride' | 'padding' | 'inputRelu' | 'relu'> = {},
): Tensor {
  const {
    bias,
    stride = 1,
    padding = 0,
    inputRelu = false,
    relu = false,
  } = known('separableConv2d', options, ['bias', 'stride', 'padding', 'inputRelu', 'relu']);
  return new Tensor(
    native.separableConv2d(
      handleOf(input),
      handleOf(depthwise),
      handleOf(pointwise),
      maybe(bias),
      pair(stride),
      pair(padding),
      inputRelu,
      relu,
    ),
  );
}

/**
 * input · weightᵀ + bias; weight [out, in], bias [out]. Of the input's dtype; with an input of bf16
 * they may be float32, rounded as they are used, with gradients in float32.
 */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return new Tensor(native.linear(handleOf(input), handleOf(weight), maybe(bias)));
}

export interface Pool2dOptions {
  readonly kernelSize: Pair;
  /** Default: kernelSize. */
  readonly stride?: Pair;
  /** Default 0. */
  readonly padding?: Pair;
  /** Default false. */
  readonly ceilMode?: boolean;
}

const poolKeys = ['kernelSize', 'stride', 'padding', 'ceilMode'] as const;

/** Average over windows of [N, C, H, W]; padding zeros count as elements unless told otherwise. */
export function avgPool2d(
  input: Tensor,
  options: Pool2dOptions & { readonly countIncludePad?: boolean },
): Tensor {
  const {
    kernelSize,
    stride = kernelSize,
    padding = 0,
    ceilMode = false,
    countIncludePad = true,
  } = known('avgPool2d', options, [...poolKeys, 'countIncludePad']);
  return new Tensor(
    native.avgPool2d(
      handleOf(input),
      pair(kernelSize),
      pair(stride),
      pair(padding),
      ceilMode,
      countIncludePad,
    ),
  );
}

/** Maximum over windows of [N, C, H, W]; padding never wins. */
export function maxPool2d(
  input: Tensor,
  options: Pool2dOptions & { readonly dilation?: Pair },
): Tensor {
  const {
    kernelSize,
    stride = kernelSize,
    padding = 0,
    dilation = 1,
    ceilMode = false,
  } = known('maxPool2d', options, [...poolKeys, 'dilation']);
  return new Tensor(
    native.maxPool2d(
      handleOf(input),
      pair(kernelSize),
      pair(stride),
      pair(padding),
      pair(dilation),
      ceilMode,
    ),
  );
}

/** The mean over each image: [N, C, H, W] → [N, C]. */
export const globalAvgPool = (input: Tensor): Tensor =>
  new Tensor(native.globalAvgPool(handleOf(input)));

/**
 * Every second pixel of [N, C, H, W] along height and width, from (0, 0) on and from (1, 1) on: two
 * tensors [N, C, ⌈H/2⌉, ⌈W/2⌉]. Where an odd size leaves the second a pixel short, that is zero.
 * Channels-last inputs on the CPU give channels-last results, and one gradient written once.
 */
export function subsamplePair(input: Tensor): [even: Tensor, odd: Tensor] {
  const [even, odd] = native.subsamplePair(handleOf(input));
  return [new Tensor(even), new Tensor(odd)];
}

/** Average pooling to a given output size; 1 is global average pooling. */
export function adaptiveAvgPool2d(input: Tensor, outputSize: Pair): Tensor {
  return new Tensor(native.adaptiveAvgPool2d(handleOf(input), pair(outputSize)));
}

const padModes = ['constant', 'reflect', 'replicate', 'circular'] as const;

/** `padding` is [left, right, top, bottom, …] from the last dimension on. */
export function pad(
  input: Tensor,
  padding: readonly number[],
  options: { readonly mode?: (typeof padModes)[number]; readonly value?: number } = {},
): Tensor {
  const { mode = 'constant', value = 0 } = known('pad', options, ['mode', 'value']);
  return new Tensor(
    native.pad(handleOf(input), padding, checkOneOf('pad: mode', mode, padModes), value),
  );
}

export interface BatchNormOptions {
  /** γ, [C]. Default: ones. */
  readonly weight?: Tensor;
  /** β, [C]. Default: zeros. */
  readonly bias?: Tensor;
  /** [C]; updated in place when training, used instead of the batch's own when not. */
  readonly runningMean?: Tensor;
  readonly runningVar?: Tensor;
  /** Normalise with the batch's own statistics. */
  readonly training: boolean;
  /** running ← (1 − momentum)·running + momentum·batch. Default 0.1. */
  readonly momentum?: number;
  /** Default 1e-5. */
  readonly eps?: number;
  /** Added to the normalised input; of its shape. */
  readonly add?: Tensor;
  /** Of the result, after `add`. Default false. */
  readonly relu?: boolean;
}

const batchNormKeys = [
  'weight',
  'bias',
  'runningMean',
  'runningVar',
  'training',
  'momentum',
  'eps',
  'add',
  'relu',
] as const;

/**
 * relu?(bn(input) + add?): batch normalisation over all dimensions but the second (Ioffe & Szegedy
 * 2015). One kernel where the input is fp32 or bf16 on the CPU, [N, C] or channels-last
 * [N, C, H, W]; γ, β and the statistics stay fp32.
 */
export function batchNorm(input: Tensor, options: BatchNormOptions): Tensor {
  const {
    weight,
    bias,
    runningMean,
    runningVar,
    training,
    momentum = 0.1,
    eps = 1e-5,
    add,
    relu = false,
  } = known('batchNorm', options, batchNormKeys);
  return new Tensor(
    native.batchNorm(
      handleOf(input),
      maybe(weight),
      maybe(bias),
      maybe(runningMean),
      maybe(runningVar),
      training,
      momentum,
      eps,
      maybe(add),
      relu,
    ),
  );
}

/** Zeroes elements with probability p and scales the rest by 1/(1−p); the input itself when not training. */
export function dropout(
  input: Tensor,
  options: { readonly p: number; readonly training?: boolean; readonly seed?: number },
): Tensor {
  const { p, training = true, seed } = known('dropout', options, ['p', 'training', 'seed']);
  if (!training || p === 0) return input;
  const mask = givenMask(input, p, seed);
  return mask === undefined
    ? new Tensor(native.dropout(handleOf(input), p, seed))
    : input.mul(mask);
}

/** Rows of `weight` [V, E] at the int64 `indices`: [..., E]. */
export function embedding(weight: Tensor, indices: Tensor): Tensor {
  return new Tensor(native.embedding(handleOf(weight), handleOf(indices)));
}

// In the order of their numbers in native/kernels/simd/recurrence.h.
const highwayActivations = ['tanh', 'relu', 'identity', 'sigmoid'] as const;

/**
 * The highway unit (Srivastava et al. 2015) from the pre-activations of its gate and its candidate:
 * of z = [z(c) | z(h)], [N, 2H], with c = σ(z(c)): c ⊗ f(z(h)), and with a carry [N, H] the rest of
 * that, (1 − c) ⊗ carry. First derivatives only for float32 and bfloat16 on a CPU.
 */
export function highway(
  z: Tensor,
  options: { readonly activation: (typeof highwayActivations)[number]; readonly carry?: Tensor },
): Tensor {
  const { activation, carry } = known('highway', options, ['activation', 'carry']);
  const number = highwayActivations.indexOf(
    checkOneOf('highway: activation', activation, highwayActivations),
  );
  return new Tensor(native.highway(handleOf(z), maybe(carry), number));
}
