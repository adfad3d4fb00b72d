import { native } from './addon.ts';
import { own } from './lifetime.ts';
import type { Handle } from './native.ts';
import { formatTensor } from './print.ts';
import type { Device, DType, MemoryFormat, NestedNumbers, TypedArray } from './types.ts';

/** What is common to every tensor: identity, metadata, reading out, lifetime. */
export abstract class TensorBase {
  /** For the addon. A released handle is an error wherever it is used, never another tensor. */
  readonly handle: Handle;

  constructor(handle: Handle) {
    this.handle = handle;
    own(this, handle);
  }

  /** Sizes of the dimensions; `[]` for a scalar. */
  get shape(): number[] {
    return native.shape(this.handle);
  }

  /** Elements to step over in memory for one step along each dimension. */
  get strides(): number[] {
    return native.strides(this.handle);
  }

  /** Number of dimensions. */
  get ndim(): number {
    return native.shape(this.handle).length;
  }

  get dtype(): DType {
    return native.dtype(this.handle);
  }

  get device(): Device {
    return native.device(this.handle) as Device;
  }

  /** Whether operations on it are recorded for `backward`. */
  get requiresGrad(): boolean {
    return native.requiresGrad(this.handle);
  }

  /** Whether it was made by the user rather than by a recorded operation. */
  get isLeaf(): boolean {
    return native.isLeaf(this.handle);
  }

  /** Number of elements. */
  numel(): number {
    return native.numel(this.handle);
  }

  isContiguous(memoryFormat: MemoryFormat = 'contiguous'): boolean {
    return native.isContiguous(this.handle, memoryFormat);
  }

  /**
   * The value of a tensor of one element; waits for the device.
   * @throws EnasTorchError ERR_TORCH when there is not exactly one element
   */
  item(): number {
    return native.item(this.handle);
  }

  /** A copy of the elements in row-major order. bfloat16 is widened to float32; bool comes as 0 and 1. */
  toTypedArray(): TypedArray {
    const dtype = this.dtype;
    if (dtype === 'bfloat16') {
      const wide = native.to(this.handle, 'float32', undefined, undefined, false);
      try {
        return new Float32Array(native.toBytes(wide));
      } finally {
        native.release(wide);
      }
    }
    const bytes = native.toBytes(this.handle);
    switch (dtype) {
      case 'float32':
        return new Float32Array(bytes);
      case 'float64':
        return new Float64Array(bytes);
      case 'int64':
        return new BigInt64Array(bytes);
      default:
        return new Uint8Array(bytes);
    }
  }

  /** The elements as nested arrays, a plain number for a scalar; bool as true and false. */
  tolist(): NestedNumbers {
    const isBool = this.dtype === 'bool';
    const flat = Array.from(this.toTypedArray() as ArrayLike<number | bigint>, (element) =>
      isBool ? element !== 0 : Number(element),
    );
    const shape = this.shape;
    let offset = 0;
    const nest = (dim: number): NestedNumbers =>
      dim === shape.length
        ? flat[offset++]!
        : Array.from({ length: shape[dim]! }, () => nest(dim + 1));
    return nest(0);
  }

  /** Values (summarised above 1,000 elements), shape and dtype. */
  toString(): string {
    return formatTensor(this.tolist(), this.shape, this.dtype, this.device);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** Releases the memory now rather than at the end of the scope. Further use is an error; doing it twice is not. */
  dispose(): void {
    native.release(this.handle);
  }
}
