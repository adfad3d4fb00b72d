import { checkOneOf } from '../errors/check.ts';
import { native } from './addon.ts';
import type { Device, SimdLevel } from './types.ts';

/** The version of libtorch the addon was built against. */
export const version: string = native.version();

/** Threads one operator may use. */
export const getNumThreads = (): number => native.getNumThreads();

/**
 * Sets it. More threads than the machine has processors gain nothing.
 * @param threads 1 to 4 for each processor, or to as many as OMP_NUM_THREADS says if that is more
 */
export const setNumThreads = (threads: number): void => native.setNumThreads(threads);

/** Treat denormal numbers as zero on this thread; false where the processor cannot. */
export const setFlushDenormal = (on: boolean): boolean => native.setFlushDenormal(on);

/** Whether the device has instructions for bfloat16 products: AVX512-BF16, or compute capability 8. */
export const bf16IsNative = (device: Device): boolean => native.bf16IsNative(device !== 'cpu');

const simdLevels: readonly SimdLevel[] = ['none', 'avx2', 'avx512', 'avx512bf16', 'amx'];

/** The vector instructions that the addon's own kernels use on the CPU; `none`: they leave it to libtorch. */
export const getSimd = (): SimdLevel => native.getSimd();

/** Sets it, in the whole process, to at most what the processor has; to compare levels by. */
export const setSimd = (level: SimdLevel): void =>
  native.setSimd(simdLevels.indexOf(checkOneOf('setSimd: level', level, simdLevels)));
