import { EnasTorchError } from '../errors/error.ts';
import { native } from './addon.ts';
import { enter, leave, own } from './lifetime.ts';
import type { Handle } from './nativeTypes.ts';
import { formatTensor } from './print.ts';
import { nest, readOut, shown } from './readOut.ts';
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
    return readOut(this.handle);
  }

  /** The elements as nested arrays, a plain number for a scalar; bool as true and false. */
  tolist(): NestedNumbers {
    return nest(this.handle);
  }

  /** Values (summarised above 1,000 elements), shape and dtype. Never throws. */
  toString(): string {
    enter();
    try {
      const { shape, dtype, device } = this;
      return formatTensor(nest(shown(this.handle, shape, device)), shape, dtype, device);
    } catch (error) {
      // What cannot be shown may still stand in a message or a debugger.
      const released = error instanceof EnasTorchError && error.code === 'ERR_RELEASED';
      return released ? 'tensor(released)' : `tensor(${(error as Error).message})`;
    } finally {
      leave([]);
    }
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** Releases the memory now rather than at the end of the scope. Further use is an error; doing it twice is not. */
  dispose(): void {
    native.release(this.handle);
  }
}
