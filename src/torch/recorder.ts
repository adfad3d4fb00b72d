import { CUDAGraph, graphPoolHandle, memoryStats, sideStream } from './cuda.ts';
import type { GraphPool } from './nativeRuntime.ts';
import { SharedPool } from './sharedPool.ts';
import type { Tensor } from './tensor.ts';
import type { Device } from './types.ts';

/** What was recorded, to be run again. */
export interface Recording {
  /**
   * Runs it.
   * @returns what the function returned; of a device's graph the same tensors every time, with new contents
   */
  replay(): readonly Tensor[];
  /** Gives it up, with what the function returned. */
  dispose(): void;
}

/** Records what a function launches, to launch it again as one. */
export interface Recorder {
  /** Runs a function where recordings are made, so that nothing in it is done for the first time there. */
  warmUp<T>(fn: () => T): T;
  /**
   * Records without running. Not in a scope: the recording keeps what the function returns.
   *
   * @param memory to use, its own by default: that of a recording that is always run before this one;
   *   or the one that all `shared` recordings have together, whatever their order, in which nothing may be left
   *   that is read after a replay: `fn` returns nothing, and writes what it comes to into tensors made before
   */
  record(fn: () => readonly Tensor[], memory?: Recording | 'shared'): Recording;
  /** Bytes held from the device: what a recording keeps is what it grows by. */
  heldBytes(): number;
}

/** Records CUDA graphs. */
export function cudaRecorder(device: Device): Recorder {
  const shared = new SharedPool(() => graphPoolHandle(device));
  return {
    warmUp: (fn) => sideStream(device, fn),
    record: (fn, memory) => new RecordedGraph(device, fn, memory === 'shared' ? shared : memory),
    heldBytes: () => memoryStats(device).reserved,
  };
}

class RecordedGraph implements Recording {
  readonly #graph: CUDAGraph;
  readonly #results: readonly Tensor[];
  #shared: SharedPool | null = null;

  constructor(
    device: Device,
    fn: () => readonly Tensor[],
    memory: Recording | SharedPool | undefined,
  ) {
    this.#graph = new CUDAGraph(device);
    let given: { readonly pool?: GraphPool } = {};
    try {
      if (memory instanceof SharedPool) {
        given = { pool: memory.take() };
        this.#shared = memory;
      } else if (memory instanceof RecordedGraph) given = { pool: memory.#graph.pool };
      this.#results = this.#graph.capture(fn, given);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  replay(): readonly Tensor[] {
    this.#graph.replay();
    return this.#results;
  }

  dispose(): void {
    this.#release();
    for (const tensor of this.#results) tensor.dispose();
  }

  #release(): void {
    this.#graph.dispose();
    this.#shared?.release();
    this.#shared = null;
  }
}
