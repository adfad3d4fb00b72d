import type { Handle, Sizes, Unary } from './nativeTypes.ts';

/** Layers and losses; the part of the addon that `functional.ts` calls. */
export interface NativeNn {
  conv2d(
    input: Handle,
    weight: Handle,
    bias: Handle | undefined,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: number,
    inputRelu: boolean,
    relu: boolean,
  ): Handle;
  pointwise(
    inputs: Handle[],
    weights: Handle[],
    inputRelu: boolean,
    bias: Handle | undefined,
    relu: boolean,
  ): Handle;
  separableConv2d(
    input: Handle,
    depthwise: Handle,
    pointwise: Handle,
    bias: Handle | undefined,
    stride: Sizes,
    padding: Sizes,
    inputRelu: boolean,
    relu: boolean,
  ): Handle;
  linear(input: Handle, weight: Handle, bias?: Handle): Handle;
  avgPool2d(
    input: Handle,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceilMode: boolean,
    countIncludePad: boolean,
  ): Handle;
  maxPool2d(
    input: Handle,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    ceilMode: boolean,
  ): Handle;
  globalAvgPool: Unary;
  subsamplePair(input: Handle): [Handle, Handle];
  fanOut(input: Handle, weights: Handle[]): Handle[];
  adaptiveAvgPool2d(input: Handle, size: Sizes): Handle;
  pad(input: Handle, padding: Sizes, mode: string, value: number): Handle;
  batchNorm(
    input: Handle,
    weight: Handle | undefined,
    bias: Handle | undefined,
    runningMean: Handle | undefined,
    runningVar: Handle | undefined,
    training: boolean,
    momentum: number,
    eps: number,
    add: Handle | undefined,
    relu: boolean,
  ): Handle;
  softmax(input: Handle, dim: number): Handle;
  logSoftmax(input: Handle, dim: number): Handle;
  crossEntropy(
    input: Handle,
    target: Handle,
    weight: Handle | undefined,
    reduction: number,
    ignoreIndex: number,
    labelSmoothing: number,
  ): Handle;
  linearCrossEntropy(
    input: Handle,
    weight: Handle,
    target: Handle,
    mean: boolean,
    ignoreIndex: number,
  ): Handle;
  nllLoss(
    input: Handle,
    target: Handle,
    weight: Handle | undefined,
    reduction: number,
    ignoreIndex: number,
  ): Handle;
  embedding(weight: Handle, indices: Handle): Handle;
  highway(input: Handle, carry: Handle | undefined, activation: number): Handle;
  lstmCell(
    input: Handle,
    h: Handle,
    c: Handle,
    weightIh: Handle,
    weightHh: Handle,
    biasIh?: Handle,
    biasHh?: Handle,
  ): [Handle, Handle];
  lstm(input: Handle, weightIh: Handle, weightHh: Handle, feedback?: Handle): Handle;
}

/** Minibatches of images; the part that `imageBatch.ts` calls. */
export interface NativeImages {
  imageBatch(
    images: Handle,
    index: Handle,
    scale: readonly number[],
    shift: readonly number[],
    places: Handle | undefined,
    cut: number,
  ): Handle;
}

/** Whole recurrences over time; the part that `recurrence.ts` calls. */
export interface NativeRecurrence {
  recurrence(
    steps: number,
    ops: readonly number[],
    reals: readonly number[],
    nexts: readonly number[],
    outputs: readonly number[],
    sequences: readonly Handle[],
    states: readonly Handle[],
    params: readonly Handle[],
    masks: readonly Handle[],
  ): Handle[];
}
