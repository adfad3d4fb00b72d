import { unexpected } from '../errors/check.ts';
import { native } from './addon.ts';
import type { Handle } from './nativeTypes.ts';
import { shownIndices } from './print.ts';
import type { NestedNumbers, TypedArray } from './types.ts';

/** A copy of the elements in row-major order. */
export function readOut(handle: Handle): TypedArray {
  const dtype = native.dtype(handle);
  if (dtype === 'bfloat16') {
    const wide = native.to(handle, 'float32', undefined, undefined, false);
    try {
      return new Float32Array(native.toBytes(wide));
    } finally {
      native.release(wide);
    }
  }
  const bytes = native.toBytes(handle);
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes);
    case 'float64':
      return new Float64Array(bytes);
    case 'int64':
      return new BigInt64Array(bytes);
    case 'uint8':
    case 'bool':
      return new Uint8Array(bytes);
  }
  // torch.call reaches operators that give others.
  throw unexpected('toTypedArray: dtype', 'one of this package', dtype, 'convert it with to()');
}

/** The elements as nested arrays. */
export function nest(handle: Handle): NestedNumbers {
  const isBool = native.dtype(handle) === 'bool';
  const flat = Array.from(readOut(handle) as ArrayLike<number | bigint>, (element) =>
    isBool ? element !== 0 : Number(element),
  );
  const shape = native.shape(handle);
  let offset = 0;
  const level = (dim: number): NestedNumbers =>
    dim === shape.length
      ? flat[offset++]!
      : Array.from({ length: shape[dim]! }, () => level(dim + 1));
  return level(0);
}

const own: readonly string[] = ['float32', 'float64', 'bfloat16', 'int64', 'uint8', 'bool'];

/**
 * The elements that are printed, as a new handle in the scope that is open. A large tensor is cut
 * before it is read out (the whole might not fit), and of a dtype that is not ours come real numbers.
 */
export function shown(handle: Handle, shape: readonly number[], device: string): Handle {
  let rest = native.detach(handle);
  for (const [dim, indices] of shownIndices(shape).entries()) {
    if (indices === null) continue;
    const array = BigInt64Array.from(indices, BigInt);
    const index = native.fromTypedArray(array, [indices.length], 'int64', device);
    rest = native.indexSelect(rest, dim, index);
  }
  if (own.includes(native.dtype(rest))) return rest;
  return native.to(rest, 'float64', undefined, undefined, false);
}
