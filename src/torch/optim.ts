import { native } from './addon.ts';
import { zeros, zerosLike } from './creation.ts';
import { noGrad } from './scope.ts';
import { handleOf, Tensor } from './tensor.ts';

export interface SgdOptions {
  readonly lr: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Default false. */
  readonly nesterov?: boolean;
  /** wd·w is added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * One step of SGD, for parameters that differ from step to step: g ← grad + wd·w, v ← μ·v + g,
 * w ← w − lr·v (Nesterov: w ← w − lr·(g + μ·v)). Parameters without a gradient are passed over.
 *
 * @param momenta v of each parameter, of its shape and memory format; ignored where momentum is 0
 */
export function sgdStep(
  params: readonly Tensor[],
  momenta: readonly Tensor[],
  { lr, momentum = 0, weightDecay = 0, nesterov = false }: SgdOptions,
): void {
  const buffers = momentum === 0 ? [] : momenta.map(handleOf);
  native.sgdStep(params.map(handleOf), buffers, lr, momentum, weightDecay, nesterov);
}

/** Stochastic gradient descent: PyTorch's SGD, momentum without dampening. */
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

  constructor(
    params: readonly Tensor[],
    { lr, momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions,
  ) {
    this.params = params;
    this.lr = lr;
    this.momentum = momentum;
    this.nesterov = nesterov;
    this.weightDecay = weightDecay;
    this.momenta = momentum === 0 ? [] : noGrad(() => params.map(zerosLike));
  }

  /** Updates the parameters that have a gradient; the rest, and their momentum, stay as they are. */
  step(): void {
    sgdStep(this.params, this.momenta, this);
  }

  zeroGrad(): void {
    native.clearGrads(this.params.map(handleOf));
  }
}

/** Adam (Kingma & Ba 2015), PyTorch's: bias-corrected, ε outside the square root. */
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

  constructor(
    params: readonly Tensor[],
    {
      lr,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
    }: {
      readonly lr: number;
      readonly betas?: readonly [number, number];
      readonly eps?: number;
      readonly weightDecay?: number;
    },
  ) {
    this.params = params;
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
      this.params.map(handleOf),
      this.averages.map(handleOf),
      this.squares.map(handleOf),
      this.steps.map(handleOf),
      this.lr,
      this.betas[0],
      this.betas[1],
      this.eps,
      this.weightDecay,
    );
  }

  zeroGrad(): void {
    native.clearGrads(this.params.map(handleOf));
  }
}

/**
 * Scales the gradients so that their global L2 norm is at most `maxNorm`.
 * @returns the norm before, as a tensor: reading it waits for the device, so that is left to the caller
 */
export function clipGradNorm(params: readonly Tensor[], maxNorm: number): Tensor {
  return new Tensor(native.clipGradNorm(params.map(handleOf), maxNorm));
}

/** Fills tensors with zeros, in one call. */
export function zeroAll(tensors: readonly Tensor[]): void {
  native.zeroAll(tensors.map(handleOf));
}
