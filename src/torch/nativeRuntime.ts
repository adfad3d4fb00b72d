import type { SimdLevel } from './types.ts';

/** Times of operators; the part of the addon that `profile.ts` calls. */
export interface NativeProfile {
  profileStart(): void;
  profileStop(): { name: string; calls: number; seconds: number }[];
}

/** What Node has no call for; the part that `flock.ts` calls. */
export interface NativeFiles {
  /** @returns 0, or the system's error number */
  flock(fd: number): number;
}

/** The libtorch, the threads and the processor; the part that `runtime.ts` calls. */
export interface NativeRuntime {
  version(): string;
  cudaIsAvailable(): boolean;
  cudaDeviceCount(): number;
  cudaSynchronize(index: number): void;
  getNumThreads(): number;
  setNumThreads(threads: number): void;
  setFlushDenormal(on: boolean): boolean;
  bf16IsNative(cuda: boolean): boolean;
  getSimd(): SimdLevel;
  setSimd(level: number): void;
  /** What the process has allocated and not freed, in bytes; for tests that look for leaks. */
  bytesInUse(): number;
}

/** Something of the addon's that is no tensor. */
export type ResourceNumber = number;

/** Device memory that captured graphs share. */
export type GraphPool = readonly [number, number];

/** There only where the addon was built with CUDA; see `cuda.ts`. */
export interface NativeCuda {
  cudaDeviceProperties(device: number): [string, number, number, number, number];
  cudaMemoryStats(device: number): [number, number, number, number];
  cudaResetPeakMemoryStats(device: number): void;
  cudaEmptyCache(): void;
  cudaEventCreate(device: number): ResourceNumber;
  cudaEventRecord(event: ResourceNumber): void;
  cudaEventSynchronize(event: ResourceNumber): void;
  cudaEventQuery(event: ResourceNumber): boolean;
  cudaEventElapsedTime(start: ResourceNumber, end: ResourceNumber): number;
  cudaGraphPoolHandle(): GraphPool;
  cudaGraphCreate(device: number): ResourceNumber;
  cudaGraphBegin(graph: ResourceNumber, pool?: GraphPool): void;
  cudaGraphEnd(graph: ResourceNumber): void;
  cudaGraphAbandon(graph: ResourceNumber): void;
  cudaGraphReplay(graph: ResourceNumber): void;
  cudaGraphPool(graph: ResourceNumber): GraphPool;
  cudaStreamEnter(device: number): ResourceNumber;
  cudaStreamLeave(entered: ResourceNumber): void;
  cudaRelease(resource: ResourceNumber): void;
}
