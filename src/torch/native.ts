import type { NativeImages, NativeNn, NativeRecurrence } from './nativeNetworks.ts';
import type { NativeFiles, NativeProfile, NativeRuntime } from './nativeRuntime.ts';
import type { NativeAutograd, NativeOptim, NativeRandom } from './nativeTraining.ts';
import type { Handle, Sizes, Unary } from './nativeTypes.ts';
import type { DType, MemoryFormat } from './types.ts';

type Binary = (input: Handle, other: Handle) => Handle;
type BinaryScalar = (input: Handle, other: number) => Handle;
type Reduce = (input: Handle, dims: Sizes | undefined, keepdim: boolean) => Handle;
type ArgReduce = (input: Handle, dim: number | undefined, keepdim: boolean) => Handle;

/** A tensor inside the arguments and results of {@link Native.call}. */
export interface Boxed {
  readonly handle: Handle;
}

/**
 * The functions the addon exports, one to one with `native/ops/*.cc`: the C++ signature's argument
 * names, with handles for tensors. Everything is checked on the other side; nothing here is public.
 */
export interface Native
  extends NativeHandles,
    NativeInspect,
    NativeCreation,
    NativeMath,
    NativeReduce,
    NativeShape,
    NativeNn,
    NativeImages,
    NativeAutograd,
    NativeRandom,
    NativeRecurrence,
    NativeOptim,
    NativeFiles,
    NativeProfile,
    NativeRuntime {
  call(operator: string, args: readonly unknown[]): unknown;
}

interface NativeHandles {
  release(handle: Handle): void;
  beginScope(): void;
  endScope(kept: readonly Handle[]): boolean;
  collectable(object: object, handle: Handle): void;
  /** This instance of the addon as an opaque value, for another's `setCollector`. */
  environment(): unknown;
  setCollector(environment: unknown): void;
  setErrorClass(errorClass: new (code: never, message: string) => Error): void;
  memory(): { tensors: number; bytes: number };
  /** What is exported, each as "name(parameter: kind, …)"; for tests that call all there is. */
  signatures(): string[];
}

interface NativeInspect {
  shape(input: Handle): number[];
  strides(input: Handle): number[];
  numel(input: Handle): number;
  dtype(input: Handle): DType;
  device(input: Handle): string;
  isContiguous(input: Handle, format: MemoryFormat): boolean;
  item(input: Handle): number;
  toBytes(input: Handle): ArrayBuffer;
}

interface NativeCreation {
  empty(shape: Sizes, dtype: DType, device: string): Handle;
  zeros(shape: Sizes, dtype: DType, device: string): Handle;
  ones(shape: Sizes, dtype: DType, device: string): Handle;
  full(shape: Sizes, value: number, dtype: DType, device: string): Handle;
  arange(start: number, end: number, step: number, dtype: DType, device: string): Handle;
  linspace(start: number, end: number, steps: number, dtype: DType, device: string): Handle;
  eye(n: number, dtype: DType, device: string): Handle;
  zerosLike: Unary;
  emptyLike: Unary;
  fromTypedArray(array: ArrayBufferView, shape: Sizes, dtype: DType, device: string): Handle;
  upload(input: Handle, device: string): Handle;
  download(input: Handle): Handle;
  asStrided(input: Handle, shape: Sizes, strides: Sizes, offset: number): Handle;
}

interface NativeMath {
  add(input: Handle, other: Handle, alpha?: number): Handle;
  sub(input: Handle, other: Handle, alpha?: number): Handle;
  mul: Binary;
  div: Binary;
  pow: Binary;
  remainder: Binary;
  floorDivide: Binary;
  maximum: Binary;
  minimum: Binary;
  matmul: Binary;
  logicalAnd: Binary;
  logicalOr: Binary;
  eq: Binary;
  ne: Binary;
  lt: Binary;
  le: Binary;
  gt: Binary;
  ge: Binary;
  addScalar: BinaryScalar;
  subScalar: BinaryScalar;
  rsubScalar: BinaryScalar;
  mulScalar: BinaryScalar;
  divScalar: BinaryScalar;
  powScalar: BinaryScalar;
  remainderScalar: BinaryScalar;
  floorDivideScalar: BinaryScalar;
  eqScalar: BinaryScalar;
  neScalar: BinaryScalar;
  ltScalar: BinaryScalar;
  leScalar: BinaryScalar;
  gtScalar: BinaryScalar;
  geScalar: BinaryScalar;
  neg: Unary;
  exp: Unary;
  log: Unary;
  log1p: Unary;
  sqrt: Unary;
  rsqrt: Unary;
  reciprocal: Unary;
  abs: Unary;
  sign: Unary;
  square: Unary;
  sin: Unary;
  cos: Unary;
  floor: Unary;
  ceil: Unary;
  round: Unary;
  tanh: Unary;
  sigmoid: Unary;
  logSigmoid: Unary;
  relu: Unary;
  logicalNot: Unary;
  isnan: Unary;
  isfinite: Unary;
  clamp(input: Handle, min?: number, max?: number): Handle;
  add_(input: Handle, other: Handle, alpha?: number): void;
  sub_(input: Handle, other: Handle, alpha?: number): void;
  mul_(input: Handle, other: Handle): void;
  div_(input: Handle, other: Handle): void;
  addScalar_(input: Handle, other: number): void;
  subScalar_(input: Handle, other: number): void;
  mulScalar_(input: Handle, other: number): void;
  divScalar_(input: Handle, other: number): void;
  fill_(input: Handle, value: number): void;
  zero_(input: Handle): void;
  copy_(input: Handle, source: Handle): void;
  clamp_(input: Handle, min?: number, max?: number): void;
  lerp_(input: Handle, end: Handle, weight: number): void;
}

interface NativeReduce {
  sum: Reduce;
  mean: Reduce;
  max: Reduce;
  min: Reduce;
  norm: Reduce;
  logsumexp: Reduce;
  argmax: ArgReduce;
  argmin: ArgReduce;
  prod: Unary;
  all: Unary;
  any: Unary;
  variance(input: Handle, dims: Sizes | undefined, correction: number, keepdim: boolean): Handle;
  std(input: Handle, dims: Sizes | undefined, correction: number, keepdim: boolean): Handle;
  cumsum(input: Handle, dim: number): Handle;
  topk(input: Handle, k: number, dim: number, largest: boolean): [Handle, Handle];
  sort(input: Handle, dim: number, descending: boolean): [Handle, Handle];
}

interface NativeShape {
  reshape(input: Handle, shape: Sizes): Handle;
  view(input: Handle, shape: Sizes): Handle;
  flatten(input: Handle, startDim: number, endDim: number): Handle;
  squeeze(input: Handle, dim?: number): Handle;
  unsqueeze(input: Handle, dim: number): Handle;
  transpose(input: Handle, dim0: number, dim1: number): Handle;
  permute(input: Handle, dims: Sizes): Handle;
  expand(input: Handle, shape: Sizes): Handle;
  repeat(input: Handle, repeats: Sizes): Handle;
  narrow(input: Handle, dim: number, start: number, length: number): Handle;
  select(input: Handle, dim: number, index: number): Handle;
  slice(input: Handle, dim: number, start?: number, end?: number, step?: number): Handle;
  flip(input: Handle, dims: Sizes): Handle;
  roll(input: Handle, shifts: Sizes, dims: Sizes): Handle;
  indexSelect(input: Handle, dim: number, index: Handle): Handle;
  gather(input: Handle, dim: number, index: Handle): Handle;
  maskedFill(input: Handle, mask: Handle, value: number): Handle;
  maskedSelect: Binary;
  where(condition: Handle, input: Handle, other: Handle): Handle;
  oneHot(input: Handle, numClasses: number): Handle;
  sumOf(tensors: readonly Handle[]): Handle;
  cat(tensors: readonly Handle[], dim: number): Handle;
  stack(tensors: readonly Handle[], dim: number): Handle;
  split(input: Handle, sizes: Sizes, dim: number): Handle[];
  chunk(input: Handle, chunks: number, dim: number): Handle[];
  contiguous(input: Handle, format: MemoryFormat): Handle;
  clone: Unary;
  to(
    input: Handle,
    dtype: DType | undefined,
    device: string | undefined,
    format: MemoryFormat | undefined,
    nonBlocking: boolean,
  ): Handle;
  indexAdd_(input: Handle, dim: number, index: Handle, source: Handle): void;
  indexCopy_(input: Handle, dim: number, index: Handle, source: Handle): void;
  scatter_(input: Handle, dim: number, index: Handle, source: Handle): void;
  scatter(input: Handle, dim: number, index: Handle, source: Handle): Handle;
}
