import type { Handle, Sizes, Unary } from './nativeTypes.ts';
import type { DType } from './types.ts';

/** Gradients; the part of the addon that `autograd.ts` and tensors call. */
export interface NativeAutograd {
  setGradEnabled(enabled: boolean): boolean;
  requiresGrad(input: Handle): boolean;
  requiresGrad_(input: Handle, on: boolean): void;
  isLeaf(input: Handle): boolean;
  detach: Unary;
  getGrad(input: Handle): Handle | null;
  setGrad(input: Handle, grad: Handle | null): void;
  backward(
    input: Handle,
    gradient: Handle | undefined,
    retainGraph: boolean,
    createGraph: boolean,
  ): void;
  grad(
    outputs: readonly Handle[],
    inputs: readonly Handle[],
    gradOutputs: readonly Handle[] | undefined,
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): (Handle | null)[];
}

/** Random numbers; the part that `randomTensor.ts` calls. */
export interface NativeRandom {
  uniform(
    shape: Sizes,
    low: number,
    high: number,
    dtype: DType,
    device: string,
    seed?: number,
  ): Handle;
  normal(
    shape: Sizes,
    mean: number,
    std: number,
    dtype: DType,
    device: string,
    seed?: number,
  ): Handle;
  rand(shape: Sizes, dtype: DType, device: string, seed?: number): Handle;
  randn(shape: Sizes, dtype: DType, device: string, seed?: number): Handle;
  randint(
    low: number,
    high: number,
    shape: Sizes,
    dtype: DType,
    device: string,
    seed?: number,
  ): Handle;
  randperm(n: number, device: string, seed?: number): Handle;
  bernoulli(input: Handle, seed?: number): Handle;
  multinomial(input: Handle, numSamples: number, replacement: boolean, seed?: number): Handle;
  sampleCategorical(logits: Handle, seed?: number): Handle;
  dropout(input: Handle, p: number, seed?: number): Handle;
  manualSeed(seed: number): void;
}

/** Optimisers over lists of parameters; the part that `optim.ts` calls. */
export interface NativeOptim {
  sgdStep(
    params: readonly Handle[],
    momenta: readonly Handle[],
    lr: number,
    momentum: number,
    weightDecay: number,
    nesterov: boolean,
    maxNorm: number,
    zeroGrads: boolean,
  ): void;
  sgdStepCapturable(
    params: readonly Handle[],
    momenta: readonly Handle[],
    lr: Handle,
    skip: Handle,
    momentum: number,
    weightDecay: number,
    nesterov: boolean,
  ): void;
  adamStep(
    params: readonly Handle[],
    averages: readonly Handle[],
    squares: readonly Handle[],
    steps: readonly Handle[],
    lr: number,
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
  ): void;
  clipGradNorm(params: readonly Handle[], maxNorm: number): Handle;
  clearGrads(params: readonly Handle[]): void;
  layGrads(params: readonly Handle[], arena: Handle, alignment: number): void;
  zeroAll(tensors: readonly Handle[]): void;
}
