/**
 * Tensors, autograd and optimisers of libtorch. Names and defaults are PyTorch's in camelCase; the
 * exceptions are `variance` (`var` is a keyword), `max`/`min` along a dimension (values only), and
 * `call` for operators that have no function of their own.
 */
export { grad } from './autograd.ts';
export { call } from './call.ts';
export { type CapturableSgdOptions, sgdStepCapturable } from './capturable.ts';
export {
  arange,
  asStrided,
  empty,
  emptyLike,
  eye,
  fromTypedArray,
  full,
  linspace,
  ones,
  tensor,
  upload,
  zeros,
  zerosLike,
} from './creation.ts';
export * as cuda from './cuda.ts';
export { type MaskSource, withMasks } from './dropoutMasks.ts';
export * as functional from './functional.ts';
export { type ImageBatchOptions, imageBatch } from './imageBatch.ts';
export { cat, chunk, oneHot, sort, split, stack, sumOf, topk, where } from './join.ts';
export {
  Adam,
  type AdamOptions,
  clearGrads,
  clipGradNorm,
  layGrads,
  SGD,
  type SgdOptions,
  type SgdStepOptions,
  sgdStep,
  zeroAll,
} from './optim.ts';
export { type OperatorTime, profile } from './profile.ts';
export {
  bernoulli,
  manualSeed,
  multinomial,
  normal,
  rand,
  randint,
  randn,
  randperm,
  sampleCategorical,
  uniform,
} from './randomTensor.ts';
export {
  type Recurrence,
  type RecurrenceActivation,
  type RecurrenceOperands,
  type RecurrenceOperator,
  recurrence,
  type Slot,
} from './recurrence.ts';
export {
  bf16IsNative,
  getNumThreads,
  getSimd,
  setFlushDenormal,
  setNumThreads,
  setSimd,
  version,
} from './runtime.ts';
export { loadSafetensors, saveSafetensors } from './safetensors.ts';
export { type CosineRestarts, cosineRestarts } from './schedule.ts';
export { memory, noGrad, scope, withThreads } from './scope.ts';
export { type Dim, Tensor } from './tensor.ts';
export type {
  Device,
  DType,
  MemoryFormat,
  NestedNumbers,
  RandomOptions,
  SimdLevel,
  TensorOptions,
  TypedArray,
} from './types.ts';
