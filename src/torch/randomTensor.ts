import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { handleOf, Tensor } from './tensor.ts';
import type { RandomOptions } from './types.ts';

const keys = ['dtype', 'device', 'requiresGrad', 'seed'] as const;

const finish = (tensor: Tensor, options: RandomOptions) =>
  options.requiresGrad ? tensor.requiresGrad_() : tensor;

/** Uniform in [low, high); [0, 1) by default. */
export function uniform(
  shape: readonly number[],
  options: RandomOptions & { readonly low?: number; readonly high?: number } = {},
): Tensor {
  const {
    low = 0,
    high = 1,
    dtype = 'float32',
    device = 'cpu',
    seed,
  } = known('uniform', options, [...keys, 'low', 'high']);
  return finish(new Tensor(native.uniform(shape, low, high, dtype, device, seed)), options);
}

/** Normal with the given mean and standard deviation; standard by default. */
export function normal(
  shape: readonly number[],
  options: RandomOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  const {
    mean = 0,
    std = 1,
    dtype = 'float32',
    device = 'cpu',
    seed,
  } = known('normal', options, [...keys, 'mean', 'std']);
  return finish(new Tensor(native.normal(shape, mean, std, dtype, device, seed)), options);
}

/** Uniform in [0, 1). */
export function rand(shape: readonly number[], options: RandomOptions = {}): Tensor {
  const { dtype = 'float32', device = 'cpu', seed } = known('rand', options, keys);
  return finish(new Tensor(native.rand(shape, dtype, device, seed)), options);
}

/** Standard normal. */
export function randn(shape: readonly number[], options: RandomOptions = {}): Tensor {
  const { dtype = 'float32', device = 'cpu', seed } = known('randn', options, keys);
  return finish(new Tensor(native.randn(shape, dtype, device, seed)), options);
}

/** Whole numbers in [low, high), int64 unless a dtype is given. */
export function randint(
  low: number,
  high: number,
  shape: readonly number[],
  options: RandomOptions = {},
): Tensor {
  const { dtype = 'int64', device = 'cpu', seed } = known('randint', options, keys);
  return finish(new Tensor(native.randint(low, high, shape, dtype, device, seed)), options);
}

/** A permutation of 0 … n−1, int64. */
export function randperm(n: number, options: Pick<RandomOptions, 'device' | 'seed'> = {}): Tensor {
  const { device = 'cpu', seed } = known('randperm', options, ['device', 'seed']);
  return new Tensor(native.randperm(n, device, seed));
}

/** 0 or 1, each with the probability of being 1 that stands in its place in `probabilities`. */
export function bernoulli(
  probabilities: Tensor,
  options: Pick<RandomOptions, 'seed'> = {},
): Tensor {
  const { seed } = known('bernoulli', options, ['seed']);
  return new Tensor(native.bernoulli(handleOf(probabilities), seed));
}

/** int64 indices drawn by the weights in the last dimension of `weights` ([K] or [N, K]). */
export function multinomial(
  weights: Tensor,
  numSamples: number,
  options: Pick<RandomOptions, 'seed'> & { readonly replacement?: boolean } = {},
): Tensor {
  const { replacement = false, seed } = known('multinomial', options, ['replacement', 'seed']);
  return new Tensor(native.multinomial(handleOf(weights), numSamples, replacement, seed));
}

/**
 * One index for each of the independent distributions softmax(logits): logits [..., K] → int64 [...].
 * The draw is that of `multinomial(softmax(logits), 1)` with the same seed.
 *
 * @throws EnasTorchError ERR_TORCH when a logit is NaN, or none of a distribution's is finite
 */
export function sampleCategorical(
  logits: Tensor,
  options: Pick<RandomOptions, 'seed'> = {},
): Tensor {
  const { seed } = known('sampleCategorical', options, ['seed']);
  return new Tensor(native.sampleCategorical(handleOf(logits), seed));
}

/** Seeds libtorch's default generator, which draws wherever no `seed` is given. */
export function manualSeed(seed: number): void {
  native.manualSeed(seed);
}
