import { unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { handleOf, Tensor } from './tensor.ts';
import type { Device, DType, NestedNumbers, TensorOptions, TypedArray } from './types.ts';

const keys = ['dtype', 'device', 'requiresGrad'] as const;

const finish = (tensor: Tensor, options: TensorOptions) =>
  options.requiresGrad ? tensor.requiresGrad_() : tensor;

/** Memory that holds whatever was there. */
export function empty(shape: readonly number[], options: TensorOptions = {}): Tensor {
  const { dtype = 'float32', device = 'cpu' } = known('empty', options, keys);
  return finish(new Tensor(native.empty(shape, dtype, device)), options);
}

export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  const { dtype = 'float32', device = 'cpu' } = known('zeros', options, keys);
  return finish(new Tensor(native.zeros(shape, dtype, device)), options);
}

export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  const { dtype = 'float32', device = 'cpu' } = known('ones', options, keys);
  return finish(new Tensor(native.ones(shape, dtype, device)), options);
}

export function full(shape: readonly number[], value: number, options: TensorOptions = {}): Tensor {
  const { dtype = 'float32', device = 'cpu' } = known('full', options, keys);
  return finish(new Tensor(native.full(shape, value, dtype, device)), options);
}

/**
 * A tensor of the host on another device, by a copy through pinned memory that nothing waits for; the
 * tensor itself where it is there already. Later work on the device comes after the copy, and the
 * tensor may be changed or released meanwhile.
 */
export function upload(tensor: Tensor, device: Device): Tensor {
  return new Tensor(native.upload(handleOf(tensor), device));
}

/** Zeros of the same shape, dtype, device and memory format. */
export function zerosLike(input: Tensor): Tensor {
  return new Tensor(native.zerosLike(handleOf(input)));
}

/** Uninitialised memory of the same shape, dtype, device and memory format. */
export function emptyLike(input: Tensor): Tensor {
  return new Tensor(native.emptyLike(handleOf(input)));
}

/**
 * A view of a one-dimensional tensor: `shape` with `strides`, from `offset` on. Views may overlap.
 * @throws EnasTorchError ERR_TORCH when it would reach outside the memory
 */
export function asStrided(
  input: Tensor,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): Tensor {
  return new Tensor(native.asStrided(handleOf(input), shape, strides, offset));
}

/** `arange(end)` or `arange(start, end, step)`: [start, end) in steps; int64 unless a dtype is given. */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step?: number, options?: TensorOptions): Tensor;
export function arange(
  first: number,
  second?: number | TensorOptions,
  step = 1,
  options: TensorOptions = {},
): Tensor {
  const [start, end] = typeof second === 'number' ? [first, second] : [0, first];
  const chosen = typeof second === 'object' ? second : options;
  const whole = Number.isInteger(start) && Number.isInteger(end) && Number.isInteger(step);
  const { dtype = whole ? 'int64' : 'float32', device = 'cpu' } = known('arange', chosen, keys);
  return finish(new Tensor(native.arange(start, end, step, dtype, device)), chosen);
}

/** `steps` values from `start` to `end`, both included. */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = {},
): Tensor {
  const { dtype = 'float32', device = 'cpu' } = known('linspace', options, keys);
  return finish(new Tensor(native.linspace(start, end, steps, dtype, device)), options);
}

/** The n × n identity matrix. */
export function eye(n: number, options: TensorOptions = {}): Tensor {
  const { dtype = 'float32', device = 'cpu' } = known('eye', options, keys);
  return finish(new Tensor(native.eye(n, dtype, device)), options);
}

const dtypeOfArray = (array: TypedArray): DType => {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof BigInt64Array) return 'int64';
  if (array instanceof Uint8Array) return 'uint8';
  throw unexpected(
    'fromTypedArray: array',
    'a Float32Array, Float64Array, BigInt64Array or Uint8Array',
    array,
  );
};

/** A copy of a typed array (to a CUDA device one that nothing waits for), in one dimension unless a shape is given, of the dtype that its kind stands for, or converted to `dtype`. */
export function fromTypedArray(
  array: TypedArray,
  shape?: readonly number[],
  options: TensorOptions = {},
): Tensor {
  const { device = 'cpu' } = known('fromTypedArray', options, keys);
  const stored = dtypeOfArray(array);
  const handle = native.fromTypedArray(array, shape ?? [array.length], stored, device);
  const { dtype = stored } = options;
  if (dtype === stored) return finish(new Tensor(handle), options);
  try {
    return finish(new Tensor(native.to(handle, dtype, undefined, undefined, false)), options);
  } finally {
    native.release(handle);
  }
}

function shapeOf(data: NestedNumbers): number[] {
  return Array.isArray(data)
    ? data.length === 0
      ? [0]
      : [data.length, ...shapeOf(data[0] as NestedNumbers)]
    : [];
}

function flatten(data: NestedNumbers, shape: readonly number[], into: number[]): void {
  if (!Array.isArray(data)) {
    if (shape.length > 0 || (typeof data !== 'number' && typeof data !== 'boolean')) {
      throw unexpected('tensor: data', 'nested arrays of numbers of one shape', data);
    }
    into.push(Number(data));
    return;
  }
  if (data.length !== shape[0]) {
    throw unexpected(
      'tensor: data',
      shape.length === 0 ? 'a number' : `${shape[0]} elements in each array of that depth`,
      data,
      'give every row the same length',
    );
  }
  for (const element of data) flatten(element as NestedNumbers, shape.slice(1), into);
}

/** A tensor of nested arrays, a typed array or one number. Plain numbers become float32, booleans bool. */
export function tensor(data: NestedNumbers | TypedArray, options: TensorOptions = {}): Tensor {
  known('tensor', options, keys);
  if (ArrayBuffer.isView(data)) return fromTypedArray(data, undefined, options);
  const shape = shapeOf(data);
  const flat: number[] = [];
  flatten(data, shape, flat);
  let first: NestedNumbers | undefined = data;
  while (Array.isArray(first)) first = first[0] as NestedNumbers | undefined;
  const dtype = options.dtype ?? (typeof first === 'boolean' ? 'bool' : 'float32');
  if (dtype === 'int64' && !flat.every(Number.isInteger)) {
    throw unexpected('tensor: data', 'whole numbers for dtype int64', data);
  }
  const array = dtype === 'int64' ? BigInt64Array.from(flat, BigInt) : Float64Array.from(flat);
  return fromTypedArray(array, shape, { ...options, dtype });
}
