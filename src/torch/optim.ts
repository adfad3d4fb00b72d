import { unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { zeros, zerosLike } from './creation.ts';
import { noGrad } from './scope.ts';
import { handlesOf, Tensor } from './tensor.ts';

export interface SgdOptions {
  readonly lr: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Default false. */
  readonly nesterov?: boolean;
  /** wd·w is added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/** Of one step: what is done to the gradients before and after. */
export interface SgdStepOptions extends SgdOptions {
  /** Scale the gradients so that their global L2 norm is at most this; 0 = never. Default 0. */
  readonly maxNorm?: number;
  /** Whether the gradients are zeros afterwards. Default false. */
  readonly zeroGrads?: boolean;
}

const sgdKeys = ['lr', 'momentum', 'nesterov', 'weightDecay'] as const;

function checkParams(where: string, params: readonly Tensor[]): readonly Tensor[] {
  if (Array.isArray(params) && params.every((param) => param instanceof Tensor)) return params;
  throw unexpected(`${where}: params`, 'an array of Tensors', params);
}

/**
 * One step of SGD, for parameters that differ from step to step: g ← grad + wd·w, v ← μ·v + g,
 * w ← w − lr·v (Nesterov: w ← w − lr·(g + μ·v)). Parameters without a gradient are passed over. On
 * the CPU in float32 it is one pass over memory, and one over the gradients where they are clipped.
 *
 * @param momenta v of each parameter, of its shape and memory format; ignored where momentum is 0
 */
export function sgdStep(
  params: readonly Tensor[],
  momenta: readonly Tensor[],
  options: SgdStepOptions,
): void {
  const {
    lr,
    momentum = 0,
    weightDecay = 0,
    nesterov = false,
    maxNorm = 0,
    zeroGrads = false,
  } = known('sgdStep', options, [...sgdKeys, 'maxNorm', 'zeroGrads']);
  const buffers = momentum === 0 ? [] : handlesOf(momenta);
  const all = handlesOf(params);
  native.sgdStep(all, buffers, lr, momentum, weightDecay, nesterov, maxNorm, zeroGrads);
}

/**
 * Stochastic gradient descent: PyTorch's SGD, momentum without dampening. Its buffers belong to the
 * scope it is made in, as any tensor does.
 */
export class SGD {
  /** May be changed between steps. */
  lr: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** wd·w is added to the gradient. */
  readonly weightDecay: number;
  readonly params: readonly Tensor[];
  /** Momentum buffers, in the parameters' order; zeros at first. Empty without momentum. */
  readonly momenta: readonly Tensor[];

  constructor(params: readonly Tensor[], options: SgdOptions) {
    const { lr, momentum = 0, nesterov = false, weightDecay = 0 } = known('SGD', options, sgdKeys);
    this.params = checkParams('SGD', params);
    this.lr = lr;
    this.momentum = momentum;
    this.nesterov = nesterov;
    this.weightDecay = weightDecay;
    this.momenta = momentum === 0 ? [] : noGrad(() => params.map(zerosLike));
  }

  /** Updates the parameters that have a gradient; the rest, and their momentum, stay as they are. */
  step(): void {
    const { lr, momentum, weightDecay, nesterov } = this;
    sgdStep(this.params, this.momenta, { lr, momentum, weightDecay, nesterov });
  }

  zeroGrad(): void {
    native.clearGrads(handlesOf(this.params));
  }
}

export interface AdamOptions {
  readonly lr: number;
  /** Decay of the first and of the second moment. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** wd·w is added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma & Ba 2015), PyTorch's: bias-corrected, ε outside the square root. Its moments belong
 * to the scope it is made in, as any tensor does.
 */
export class Adam {
  /** May be changed between steps. */
  lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  readonly params: readonly Tensor[];
  /** First moments. */
  readonly averages: readonly Tensor[];
  /** Second moments. */
  readonly squares: readonly Tensor[];
  /** Steps taken, a float32 scalar for each parameter. */
  readonly steps: readonly Tensor[];

  constructor(params: readonly Tensor[], options: AdamOptions) {
    const {
      lr,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
    } = known('Adam', options, ['lr', 'betas', 'eps', 'weightDecay']);
    this.params = checkParams('Adam', params);
    this.lr = lr;
    this.betas = betas;
    this.eps = eps;
    this.weightDecay = weightDecay;
    this.averages = noGrad(() => params.map(zerosLike));
    this.squares = noGrad(() => params.map(zerosLike));
    this.steps = params.map((param) => zeros([], { device: param.device }));
  }

  /** Updates the parameters that have a gradient. */
  step(): void {
    native.adamStep(
      handlesOf(this.params),
      handlesOf(this.averages),
      handlesOf(this.squares),
      handlesOf(this.steps),
      this.lr,
      this.betas[0],
      this.betas[1],
      this.eps,
      this.weightDecay,
    );
  }

  zeroGrad(): void {
    native.clearGrads(handlesOf(this.params));
  }
}

/**
 * Scales the gradients so that their global L2 norm is at most `maxNorm`.
 * @returns the norm before, as a tensor: reading it waits for the device, so that is left to the caller
 */
export function clipGradNorm(params: readonly Tensor[], maxNorm: number): Tensor {
  return new Tensor(native.clipGradNorm(handlesOf(params), maxNorm));
}

/** Fills tensors with zeros, in one call. */
export function zeroAll(tensors: readonly Tensor[]): void {
  native.zeroAll(handlesOf(tensors));
}

/** Takes the gradients of tensors away, in one call: `grad` is null afterwards. */
export function clearGrads(tensors: readonly Tensor[]): void {
  native.clearGrads(handlesOf(tensors));
}

/**
 * Makes the parameters' gradients views into one arena, one after the other, each in the order of its
 * parameter's elements in memory; what the arena holds is their value. In one call.
 *
 * @param params dense leaves of the arena's dtype and device
 * @param arena one-dimensional
 * @param alignment gradients begin at multiples of so many elements
 * @throws EnasTorchError ERR_TORCH when they do not fit into the arena
 */
export function layGrads(params: readonly Tensor[], arena: Tensor, alignment: number): void {
  native.layGrads(handlesOf(params), arena.handle, alignment);
}
