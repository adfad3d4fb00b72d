import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { handleOf, handlesOf, Tensor } from './tensor.ts';

/** Joins along an existing dimension. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(native.cat(handlesOf(tensors), dim));
}

/**
 * tensors[0] + tensors[1] + …, added in that order, of one or more. Three or more float32 or bfloat16
 * tensors on the CPU that lie in memory alike are read once each and added in float32.
 */
export function sumOf(tensors: readonly Tensor[]): Tensor {
  return new Tensor(native.sumOf(handlesOf(tensors)));
}

/** Joins along a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return new Tensor(native.stack(handlesOf(tensors), dim));
}

/** Views of the given sizes along `dim`. */
export function split(input: Tensor, sizes: readonly number[], dim = 0): Tensor[] {
  return native.split(handleOf(input), sizes, dim).map((handle) => new Tensor(handle));
}

/** Views of `chunks` near-equal parts along `dim`. */
export function chunk(input: Tensor, chunks: number, dim = 0): Tensor[] {
  return native.chunk(handleOf(input), chunks, dim).map((handle) => new Tensor(handle));
}

/** `input` where the bool `condition` holds, `other` elsewhere; broadcasting. */
export function where(condition: Tensor, input: Tensor, other: Tensor): Tensor {
  return new Tensor(native.where(handleOf(condition), handleOf(input), handleOf(other)));
}

/** int64 [..., numClasses] with a 1 at each int64 index. */
export function oneHot(input: Tensor, numClasses: number): Tensor {
  return new Tensor(native.oneHot(handleOf(input), numClasses));
}

/** The k largest (or smallest) elements along `dim`, sorted, and their int64 indices. */
export function topk(
  input: Tensor,
  k: number,
  options: { readonly dim?: number; readonly largest?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const { dim = -1, largest = true } = known('topk', options, ['dim', 'largest']);
  const [values, indices] = native.topk(handleOf(input), k, dim, largest);
  return { values: new Tensor(values), indices: new Tensor(indices) };
}

/** Elements in order along `dim`, and their int64 indices. */
export function sort(
  input: Tensor,
  options: { readonly dim?: number; readonly descending?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const { dim = -1, descending = false } = known('sort', options, ['dim', 'descending']);
  const [values, indices] = native.sort(handleOf(input), dim, descending);
  return { values: new Tensor(values), indices: new Tensor(indices) };
}
