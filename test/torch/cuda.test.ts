import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';

/** Everything that takes a CUDA device, given another. */
const calls: Record<string, (device: Device) => unknown> = {
  getDeviceProperties: (device) => torch.cuda.getDeviceProperties(device),
  memoryStats: (device) => torch.cuda.memoryStats(device),
  resetPeakMemoryStats: (device) => torch.cuda.resetPeakMemoryStats(device),
  emptyCache: (device) => torch.cuda.emptyCache(device),
  Event: (device) => new torch.cuda.Event(device),
  CUDAGraph: (device) => new torch.cuda.CUDAGraph(device),
  graphPoolHandle: (device) => torch.cuda.graphPoolHandle(device),
  sideStream: (device) => torch.cuda.sideStream(device, () => 1),
};

describe.each(Object.entries(calls))('cuda.%s', (name, call) => {
  it('refuses the CPU, and says what it wants', () => {
    const message = `${name}: device: expected a CUDA device, got "cpu"; the CPU has none of this`;
    expect(() => call('cpu')).toThrow(expect.objectContaining({ code: 'ERR_DEVICE', message }));
  });

  it('refuses a device that is not there, or an addon without CUDA', () => {
    const refusal = expect.objectContaining({
      code: 'ERR_DEVICE',
      message: expect.stringMatching(
        /expected (a device of this machine|an addon built with CUDA)/,
      ),
    });
    expect(() => call('cuda:99')).toThrow(refusal);
  });
});
