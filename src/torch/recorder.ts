import { CUDAGraph, memoryStats, sideStream } from './cuda.ts';
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
   * @param before a recording that is always run before this one, to share memory with
   */
  record(fn: () => readonly Tensor[], before?: Recording): Recording;
  /** Bytes held from the device: what a recording keeps is what it grows by. */
  heldBytes(): number;
}

/** Records CUDA graphs. */
export function cudaRecorder(device: Device): Recorder {
  return {
    warmUp: (fn) => sideStream(device, fn),
    record: (fn, before) => new RecordedGraph(device, fn, before),
    heldBytes: () => memoryStats(device).reserved,
  };
}

class RecordedGraph implements Recording {
  readonly #graph: CUDAGraph;
  readonly #results: readonly Tensor[];

  constructor(device: Device, fn: () => readonly Tensor[], before: Recording | undefined) {
    const graph = new CUDAGraph(device);
    const shared = before instanceof RecordedGraph ? { pool: before.#graph.pool } : {};
    try {
      this.#results = graph.capture(fn, shared);
    } catch (error) {
      graph.dispose();
      throw error;
    }
    this.#graph = graph;
  }

  replay(): readonly Tensor[] {
    this.#graph.replay();
    return this.#results;
  }

  dispose(): void {
    this.#graph.dispose();
    for (const tensor of this.#results) tensor.dispose();
  }
}
