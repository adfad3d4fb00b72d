import * as torch from '../../src/torch/index.ts';
import type { Recorder } from '../../src/torch/recorder.ts';

/**
 * What a device's graphs do, on the CPU: a recording runs nothing, and a replay runs what was recorded,
 * over the same tensors and with all else as it was then.
 *
 * @param bytesEach what a recording is to hold of the device
 */
export function replaying({ bytesEach = 0 } = {}) {
  const counts = { recordings: 0, replays: 0, disposals: 0 };
  const recorder: Recorder = {
    warmUp: (fn) => torch.scope(fn),
    heldBytes: () => bytesEach * counts.recordings,
    record(fn) {
      counts.recordings++;
      return {
        replay() {
          counts.replays++;
          return torch.scope(fn);
        },
        dispose() {
          counts.disposals++;
        },
      };
    },
  };
  return { recorder, counts };
}
