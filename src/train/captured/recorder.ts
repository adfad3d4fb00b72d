import type { Device } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';

/** What was recorded, to be run again. */
export interface Recording {
  replay(): void;
  dispose(): void;
}

/** Records what a function launches, to launch it again as one. */
export interface Recorder {
  /** Runs a function where recordings are made, so that nothing in it is done for the first time there. */
  warmUp<T>(fn: () => T): T;
  /** Records without running. */
  record(fn: () => void): Recording;
}

/** Records CUDA graphs. */
export function cudaRecorder(device: Device): Recorder {
  return {
    warmUp: (fn) => torch.cuda.sideStream(device, fn),
    record(fn) {
      const graph = new torch.cuda.CUDAGraph(device);
      try {
        graph.capture(fn);
      } catch (error) {
        graph.dispose();
        throw error;
      }
      return graph;
    },
  };
}
