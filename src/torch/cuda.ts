import { unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { native } from './addon.ts';
import type { GraphPool, NativeCuda, ResourceNumber } from './nativeRuntime.ts';
import { scope } from './scope.ts';
import type { Device } from './types.ts';

/** CUDA devices, by PyTorch's names (`torch.cuda`). */

export const isAvailable = (): boolean => native.cudaIsAvailable();
export const deviceCount = (): number => native.cudaDeviceCount();

/** Waits until everything given to the device is done. */
export const synchronize = (index = 0): void => native.cudaSynchronize(index);

/** Whether the addon has what only CUDA has: graphs, events, memory statistics. A build against a CPU libtorch has not. */
export const isCompiled = (): boolean => 'cudaGraphCreate' in native;

/**
 * The addon's functions for a device.
 * @throws EnasTorchError ERR_DEVICE when the device is no CUDA device, or the addon is a CPU build
 */
function nativeFor(where: string, device: Device): { cuda: NativeCuda; index: number } {
  if (!String(device).startsWith('cuda')) {
    throw unexpected(where, 'a CUDA device', device, 'the CPU has none of this', 'ERR_DEVICE');
  }
  const index = device === 'cuda' ? 0 : Number(device.slice('cuda:'.length));
  if (!isCompiled()) {
    throw new EnasTorchError(
      'ERR_DEVICE',
      `${where}: expected an addon built with CUDA, got one built without it; ` +
        'give LIBTORCH a CUDA build, and have the CUDA headers beside it or in CUDA_HOME',
    );
  }
  if (index >= deviceCount()) {
    const there = `${deviceCount()} CUDA devices`;
    throw unexpected(where, `a device of this machine (${there})`, device, undefined, 'ERR_DEVICE');
  }
  return { cuda: native as unknown as NativeCuda, index };
}

export interface DeviceProperties {
  readonly name: string;
  /** Compute capability, such as [9, 0]. */
  readonly capability: readonly [number, number];
  /** Bytes. */
  readonly totalMemory: number;
  readonly multiprocessors: number;
}

export function getDeviceProperties(device: Device = 'cuda'): DeviceProperties {
  const { cuda, index } = nativeFor('getDeviceProperties: device', device);
  const [name, major, minor, totalMemory, multiprocessors] = cuda.cudaDeviceProperties(index);
  return { name, capability: [major, minor], totalMemory, multiprocessors };
}

/** Bytes of a device's memory. */
export interface MemoryStats {
  /** In tensors. */
  readonly allocated: number;
  readonly peakAllocated: number;
  /** Held from the device, in tensors or kept for the next. */
  readonly reserved: number;
  readonly peakReserved: number;
}

export function memoryStats(device: Device = 'cuda'): MemoryStats {
  const { cuda, index } = nativeFor('memoryStats: device', device);
  const [allocated, peakAllocated, reserved, peakReserved] = cuda.cudaMemoryStats(index);
  return { allocated, peakAllocated, reserved, peakReserved };
}

/** Lets the peaks of {@link memoryStats} begin anew. */
export function resetPeakMemoryStats(device: Device = 'cuda'): void {
  const { cuda, index } = nativeFor('resetPeakMemoryStats: device', device);
  cuda.cudaResetPeakMemoryStats(index);
}

/** Gives the memory that is kept for the next tensors back to the device. */
export function emptyCache(device: Device = 'cuda'): void {
  nativeFor('emptyCache: device', device).cuda.cudaEmptyCache();
}

/** What of the device's is no tensor, and is kept until it is disposed of. */
abstract class Resource {
  protected readonly cuda: NativeCuda;
  protected readonly number: ResourceNumber;

  constructor(cuda: NativeCuda, number: ResourceNumber) {
    this.cuda = cuda;
    this.number = number;
  }

  /** Gives it up. Further use is an error; doing it twice is not. */
  dispose(): void {
    this.cuda.cudaRelease(this.number);
  }
}

/** A point in the device's work, to time it by: what is between two events takes `start.elapsedTime(end)`. */
export class Event extends Resource {
  constructor(device: Device = 'cuda') {
    const { cuda, index } = nativeFor('Event: device', device);
    super(cuda, cuda.cudaEventCreate(index));
  }

  /** Puts it behind all work given to the device so far. */
  record(): void {
    this.cuda.cudaEventRecord(this.number);
  }

  /** Waits until the work before it is done. */
  synchronize(): void {
    this.cuda.cudaEventSynchronize(this.number);
  }

  /** Whether the work before it is done; does not wait. */
  query(): boolean {
    return this.cuda.cudaEventQuery(this.number);
  }

  /** Milliseconds from here to a later event; waits for that one. */
  elapsedTime(end: Event): number {
    return this.cuda.cudaEventElapsedTime(this.number, end.number);
  }
}

/** Device memory for several graphs, no two of which are ever run at the same time. */
export function graphPoolHandle(device: Device = 'cuda'): GraphPool {
  return nativeFor('graphPoolHandle: device', device).cuda.cudaGraphPoolHandle();
}

/**
 * Operators recorded once and then launched as one, again and again (`torch.cuda.CUDAGraph`). A replay
 * reads and writes the very memory that the capture did: new inputs are copied into the tensors that
 * were captured, and the graph's memory is kept for as long as the graph is.
 */
export class CUDAGraph extends Resource {
  constructor(device: Device = 'cuda') {
    const { cuda, index } = nativeFor('CUDAGraph: device', device);
    super(cuda, cuda.cudaGraphCreate(index));
  }

  /**
   * Records what `fn` launches; nothing is computed. In `fn` no value may be read, nothing copied from
   * the host, and no random number drawn with a seed. It should have run a few times before, in
   * {@link sideStream}: first calls set things up that cannot be recorded.
   *
   * @param pool memory to share with other graphs; its own by default
   * @returns what `fn` returns: tensors without contents until {@link replay}; all others that were
   *   made are released, as by `scope`
   * @throws what `fn` throws, the capture undone
   */
  capture<T>(fn: () => T, { pool }: { readonly pool?: GraphPool } = {}): T {
    this.cuda.cudaGraphBegin(this.number, pool);
    let result: T;
    try {
      result = scope(fn);
    } catch (error) {
      this.cuda.cudaGraphAbandon(this.number);
      throw error;
    }
    this.cuda.cudaGraphEnd(this.number);
    return result;
  }

  /** Computes all that was captured; does not wait for it. */
  replay(): void {
    this.cuda.cudaGraphReplay(this.number);
  }

  /** The memory it took, to be shared with other graphs. */
  get pool(): GraphPool {
    return this.cuda.cudaGraphPool(this.number);
  }
}

/** A `scope` whose work is on a stream of its own, in order with the work before and after. */
export function sideStream<T>(device: Device, fn: () => T): T {
  const { cuda, index } = nativeFor('sideStream: device', device);
  const entered = cuda.cudaStreamEnter(index);
  try {
    return scope(fn);
  } finally {
    cuda.cudaStreamLeave(entered);
    cuda.cudaRelease(entered);
  }
}
