/** Element types, by the names PyTorch prints. */
export type DType = 'float32' | 'float64' | 'bfloat16' | 'int64' | 'uint8' | 'bool';

/** `cuda` is the first CUDA device. */
export type Device = 'cpu' | 'cuda' | `cuda:${number}`;

/** How a tensor lies in memory; `channelsLast` is for four dimensions, NCHW in shape and NHWC in memory. */
export type MemoryFormat = 'contiguous' | 'channelsLast' | 'preserve';

/** Vector instructions of x86-64, from none to the widest that the addon has code for. */
export type SimdLevel = 'none' | 'avx2' | 'avx512' | 'avx512bf16' | 'amx';

/** What a new tensor is to be. Defaults: float32, cpu, no gradient. */
export interface TensorOptions {
  readonly dtype?: DType;
  readonly device?: Device;
  readonly requiresGrad?: boolean;
}

/** A random tensor: `seed` makes the draw a function of it alone (see `random/streams.ts`). */
export interface RandomOptions extends TensorOptions {
  /** A key from `Streams.key`; left out, libtorch's default generator draws (see `manualSeed`). */
  readonly seed?: number;
}

/** What `toTypedArray` gives: bfloat16 comes as float32, bool as bytes. */
export type TypedArray = Float32Array | Float64Array | BigInt64Array | Uint8Array;

/** Nested arrays of numbers, as `tolist` gives and `tensor` takes them. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];
