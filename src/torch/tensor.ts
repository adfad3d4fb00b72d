import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import type { Handle } from './nativeTypes.ts';
import { TensorBase } from './tensorBase.ts';
import {
  type AlphaOptions,
  alpha,
  type BackwardOptions,
  type Bounds,
  backwardKeys,
  keepdim,
  type ReduceOptions,
  type ToOptions,
  toKeys,
  type VarianceOptions,
  varianceKeys,
} from './tensorOptions.ts';
import type { MemoryFormat } from './types.ts';

/** One dimension, several, or (left out) all. Negative dimensions count from the end. */
export type Dim = number | readonly number[];

const dims = (dim: Dim | undefined) => (typeof dim === 'number' ? [dim] : dim);

/** What goes to the addon for an argument that should be a Tensor; it rejects whatever is not. */
export function handleOf(tensor: Tensor): Handle {
  return tensor instanceof TensorBase ? tensor.handle : (tensor as never);
}

/** {@link handleOf} for an argument that should be an array of Tensors. */
export function handlesOf(tensors: readonly Tensor[]): readonly Handle[] {
  return Array.isArray(tensors) ? tensors.map(handleOf) : (tensors as never);
}

/**
 * An n-dimensional array on a device, an operator's result or a leaf of the autograd graph.
 *
 * Methods are PyTorch's in camelCase, with its defaults; binary ones broadcast and promote dtypes
 * as PyTorch does. A trailing underscore means in place. Errors are EnasTorchError: `ERR_ARGUMENT`
 * for a wrong argument, `ERR_RELEASED` for a tensor whose scope has ended, `ERR_TORCH` with
 * libtorch's reason for everything it refuses (shapes that do not fit, …).
 */
export class Tensor extends TensorBase {
  // Arithmetic

  /** input + alpha·other */
  add(other: Tensor | number, options?: AlphaOptions): Tensor {
    return typeof other === 'number'
      ? new Tensor(native.addScalar(this.handle, (alpha('add', options) ?? 1) * other))
      : new Tensor(native.add(this.handle, handleOf(other), alpha('add', options)));
  }
  /** input − alpha·other */
  sub(other: Tensor | number, options?: AlphaOptions): Tensor {
    return typeof other === 'number'
      ? new Tensor(native.subScalar(this.handle, (alpha('sub', options) ?? 1) * other))
      : new Tensor(native.sub(this.handle, handleOf(other), alpha('sub', options)));
  }
  mul(other: Tensor | number): Tensor {
    return this.#binary(native.mul, native.mulScalar, other);
  }
  /** True division: integers give float32. */
  div(other: Tensor | number): Tensor {
    return this.#binary(native.div, native.divScalar, other);
  }
  pow(exponent: Tensor | number): Tensor {
    return this.#binary(native.pow, native.powScalar, exponent);
  }
  /** The remainder with the sign of the divisor. */
  remainder(other: Tensor | number): Tensor {
    return this.#binary(native.remainder, native.remainderScalar, other);
  }
  maximum(other: Tensor): Tensor {
    return new Tensor(native.maximum(this.handle, handleOf(other)));
  }
  minimum(other: Tensor): Tensor {
    return new Tensor(native.minimum(this.handle, handleOf(other)));
  }
  /** Matrix product over the last two dimensions, batched over the rest. */
  matmul(other: Tensor): Tensor {
    return new Tensor(native.matmul(this.handle, handleOf(other)));
  }

  // Element by element

  neg(): Tensor {
    return new Tensor(native.neg(this.handle));
  }
  exp(): Tensor {
    return new Tensor(native.exp(this.handle));
  }
  log(): Tensor {
    return new Tensor(native.log(this.handle));
  }
  sqrt(): Tensor {
    return new Tensor(native.sqrt(this.handle));
  }
  rsqrt(): Tensor {
    return new Tensor(native.rsqrt(this.handle));
  }
  abs(): Tensor {
    return new Tensor(native.abs(this.handle));
  }
  square(): Tensor {
    return new Tensor(native.square(this.handle));
  }
  sin(): Tensor {
    return new Tensor(native.sin(this.handle));
  }
  cos(): Tensor {
    return new Tensor(native.cos(this.handle));
  }
  floor(): Tensor {
    return new Tensor(native.floor(this.handle));
  }
  round(): Tensor {
    return new Tensor(native.round(this.handle));
  }
  tanh(): Tensor {
    return new Tensor(native.tanh(this.handle));
  }
  sigmoid(): Tensor {
    return new Tensor(native.sigmoid(this.handle));
  }
  relu(): Tensor {
    return new Tensor(native.relu(this.handle));
  }
  clamp(bounds: Bounds): Tensor {
    const { min, max } = known('clamp', bounds, ['min', 'max']);
    return new Tensor(native.clamp(this.handle, min, max));
  }
  isnan(): Tensor {
    return new Tensor(native.isnan(this.handle));
  }
  isfinite(): Tensor {
    return new Tensor(native.isfinite(this.handle));
  }

  // Comparison: results are bool

  eq(other: Tensor | number): Tensor {
    return this.#binary(native.eq, native.eqScalar, other);
  }
  ne(other: Tensor | number): Tensor {
    return this.#binary(native.ne, native.neScalar, other);
  }
  lt(other: Tensor | number): Tensor {
    return this.#binary(native.lt, native.ltScalar, other);
  }
  le(other: Tensor | number): Tensor {
    return this.#binary(native.le, native.leScalar, other);
  }
  gt(other: Tensor | number): Tensor {
    return this.#binary(native.gt, native.gtScalar, other);
  }
  ge(other: Tensor | number): Tensor {
    return this.#binary(native.ge, native.geScalar, other);
  }
  logicalNot(): Tensor {
    return new Tensor(native.logicalNot(this.handle));
  }
  logicalAnd(other: Tensor): Tensor {
    return new Tensor(native.logicalAnd(this.handle, handleOf(other)));
  }
  logicalOr(other: Tensor): Tensor {
    return new Tensor(native.logicalOr(this.handle, handleOf(other)));
  }

  // Reduction

  sum(dim?: Dim, options?: ReduceOptions): Tensor {
    return new Tensor(native.sum(this.handle, dims(dim), keepdim('sum', options)));
  }
  mean(dim?: Dim, options?: ReduceOptions): Tensor {
    return new Tensor(native.mean(this.handle, dims(dim), keepdim('mean', options)));
  }
  /** Largest values; ties share the gradient evenly. Their places: {@link argmax}. */
  max(dim?: Dim, options?: ReduceOptions): Tensor {
    return new Tensor(native.max(this.handle, dims(dim), keepdim('max', options)));
  }
  /** Smallest values; ties share the gradient evenly. Their places: {@link argmin}. */
  min(dim?: Dim, options?: ReduceOptions): Tensor {
    return new Tensor(native.min(this.handle, dims(dim), keepdim('min', options)));
  }
  /** int64 index of the first largest element. */
  argmax(dim?: number, options?: ReduceOptions): Tensor {
    return new Tensor(native.argmax(this.handle, dim, keepdim('argmax', options)));
  }
  /** int64 index of the first smallest element. */
  argmin(dim?: number, options?: ReduceOptions): Tensor {
    return new Tensor(native.argmin(this.handle, dim, keepdim('argmin', options)));
  }
  prod(): Tensor {
    return new Tensor(native.prod(this.handle));
  }
  all(): Tensor {
    return new Tensor(native.all(this.handle));
  }
  any(): Tensor {
    return new Tensor(native.any(this.handle));
  }
  /** L2 norm. */
  norm(dim?: Dim, options?: ReduceOptions): Tensor {
    return new Tensor(native.norm(this.handle, dims(dim), keepdim('norm', options)));
  }
  /** Variance with `correction` degrees of freedom taken off (1 by default: unbiased). */
  variance(dim?: Dim, options: VarianceOptions = {}): Tensor {
    const { keepdim = false, correction = 1 } = known('variance', options, varianceKeys);
    return new Tensor(native.variance(this.handle, dims(dim), correction, keepdim));
  }
  /** Standard deviation; see {@link variance}. */
  std(dim?: Dim, options: VarianceOptions = {}): Tensor {
    const { keepdim = false, correction = 1 } = known('std', options, varianceKeys);
    return new Tensor(native.std(this.handle, dims(dim), correction, keepdim));
  }
  logsumexp(dim?: Dim, options?: ReduceOptions): Tensor {
    return new Tensor(native.logsumexp(this.handle, dims(dim), keepdim('logsumexp', options)));
  }
  softmax(dim: number): Tensor {
    return new Tensor(native.softmax(this.handle, dim));
  }
  logSoftmax(dim: number): Tensor {
    return new Tensor(native.logSoftmax(this.handle, dim));
  }
  cumsum(dim: number): Tensor {
    return new Tensor(native.cumsum(this.handle, dim));
  }

  // Shape: views where PyTorch gives views

  /** One size may be −1 and is worked out. */
  reshape(shape: readonly number[]): Tensor {
    return new Tensor(native.reshape(this.handle, shape));
  }
  view(shape: readonly number[]): Tensor {
    return new Tensor(native.view(this.handle, shape));
  }
  flatten(startDim = 0, endDim = -1): Tensor {
    return new Tensor(native.flatten(this.handle, startDim, endDim));
  }
  squeeze(dim?: number): Tensor {
    return new Tensor(native.squeeze(this.handle, dim));
  }
  unsqueeze(dim: number): Tensor {
    return new Tensor(native.unsqueeze(this.handle, dim));
  }
  transpose(dim0: number, dim1: number): Tensor {
    return new Tensor(native.transpose(this.handle, dim0, dim1));
  }
  permute(order: readonly number[]): Tensor {
    return new Tensor(native.permute(this.handle, order));
  }
  expand(shape: readonly number[]): Tensor {
    return new Tensor(native.expand(this.handle, shape));
  }
  repeat(repeats: readonly number[]): Tensor {
    return new Tensor(native.repeat(this.handle, repeats));
  }
  flip(order: readonly number[]): Tensor {
    return new Tensor(native.flip(this.handle, order));
  }

  // Indexing

  narrow(dim: number, start: number, length: number): Tensor {
    return new Tensor(native.narrow(this.handle, dim, start, length));
  }
  /** The slice at `index`, without the dimension. */
  select(dim: number, index: number): Tensor {
    return new Tensor(native.select(this.handle, dim, index));
  }
  slice(dim: number, start?: number, end?: number, step = 1): Tensor {
    return new Tensor(native.slice(this.handle, dim, start, end, step));
  }
  /** Slices at the int64 `index`, in its order. */
  indexSelect(dim: number, index: Tensor): Tensor {
    return new Tensor(native.indexSelect(this.handle, dim, handleOf(index)));
  }
  gather(dim: number, index: Tensor): Tensor {
    return new Tensor(native.gather(this.handle, dim, handleOf(index)));
  }
  scatter(dim: number, index: Tensor, source: Tensor): Tensor {
    return new Tensor(native.scatter(this.handle, dim, handleOf(index), handleOf(source)));
  }
  maskedFill(mask: Tensor, value: number): Tensor {
    return new Tensor(native.maskedFill(this.handle, handleOf(mask), value));
  }
  maskedSelect(mask: Tensor): Tensor {
    return new Tensor(native.maskedSelect(this.handle, handleOf(mask)));
  }

  // Copies

  contiguous(options: { readonly memoryFormat?: MemoryFormat } = {}): Tensor {
    const { memoryFormat = 'contiguous' } = known('contiguous', options, ['memoryFormat']);
    return new Tensor(native.contiguous(this.handle, memoryFormat));
  }
  clone(): Tensor {
    return new Tensor(native.clone(this.handle));
  }
  /** Itself (sharing memory) where nothing changes. */
  to(options: ToOptions): Tensor {
    const { dtype, device, memoryFormat, nonBlocking = false } = known('to', options, toKeys);
    return new Tensor(native.to(this.handle, dtype, device, memoryFormat, nonBlocking));
  }

  // Autograd

  /** What `backward` has accumulated, or null. */
  get grad(): Tensor | null {
    const grad = native.getGrad(this.handle);
    return grad === null ? null : new Tensor(grad);
  }
  /** Gives the place that `backward` accumulates into, of this tensor's shape and dtype; null clears it. */
  set grad(grad: Tensor | null) {
    native.setGrad(this.handle, grad === null ? null : handleOf(grad));
  }
  /** The same memory, outside the autograd graph. */
  detach(): Tensor {
    return new Tensor(native.detach(this.handle));
  }
  requiresGrad_(requiresGrad = true): this {
    native.requiresGrad_(this.handle, requiresGrad);
    return this;
  }
  /** Accumulates the gradient of this scalar (or of ⟨this, gradient⟩) into the leaves' `grad`. */
  backward(gradient?: Tensor, options: BackwardOptions = {}): void {
    const { retainGraph = false, createGraph = false } = known('backward', options, backwardKeys);
    const handle = gradient === undefined ? undefined : handleOf(gradient);
    native.backward(this.handle, handle, retainGraph || createGraph, createGraph);
  }

  // In place

  add_(other: Tensor | number, options?: AlphaOptions): this {
    const factor = alpha('add_', options);
    if (typeof other === 'number') native.addScalar_(this.handle, (factor ?? 1) * other);
    else native.add_(this.handle, handleOf(other), factor);
    return this;
  }
  sub_(other: Tensor | number, options?: AlphaOptions): this {
    const factor = alpha('sub_', options);
    if (typeof other === 'number') native.subScalar_(this.handle, (factor ?? 1) * other);
    else native.sub_(this.handle, handleOf(other), factor);
    return this;
  }
  mul_(other: Tensor | number): this {
    if (typeof other === 'number') native.mulScalar_(this.handle, other);
    else native.mul_(this.handle, handleOf(other));
    return this;
  }
  div_(other: Tensor | number): this {
    if (typeof other === 'number') native.divScalar_(this.handle, other);
    else native.div_(this.handle, handleOf(other));
    return this;
  }
  clamp_(bounds: Bounds): this {
    const { min, max } = known('clamp_', bounds, ['min', 'max']);
    native.clamp_(this.handle, min, max);
    return this;
  }
  fill_(value: number): this {
    native.fill_(this.handle, value);
    return this;
  }
  zero_(): this {
    native.zero_(this.handle);
    return this;
  }
  /** Copies, converting dtype and device, broadcasting shape. */
  copy_(source: Tensor): this {
    native.copy_(this.handle, handleOf(source));
    return this;
  }
  indexAdd_(dim: number, index: Tensor, source: Tensor): this {
    native.indexAdd_(this.handle, dim, handleOf(index), handleOf(source));
    return this;
  }
  scatter_(dim: number, index: Tensor, source: Tensor): this {
    native.scatter_(this.handle, dim, handleOf(index), handleOf(source));
    return this;
  }

  #binary(
    tensors: (input: Handle, other: Handle) => Handle,
    scalar: (input: Handle, other: number) => Handle,
    other: Tensor | number,
  ): Tensor {
    return typeof other === 'number'
      ? new Tensor(scalar(this.handle, other))
      : new Tensor(tensors(this.handle, handleOf(other)));
  }
}
