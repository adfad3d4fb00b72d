import { describe, expect, it } from 'vitest';
import { resolveDevice } from '../../src/learning/device.ts';
import * as torch from '../../src/torch/index.ts';

describe('the device that is asked for', () => {
  it('is the CPU by name, and by auto where there is no GPU', () => {
    expect(resolveDevice('cpu')).toBe('cpu');
    expect(resolveDevice('auto')).toBe(torch.cuda.isAvailable() ? 'cuda:0' : 'cpu');
  });

  it('is refused where this machine has it not', () => {
    expect(() => resolveDevice('cuda:63')).toThrow(
      expect.objectContaining({ code: 'ERR_DEVICE', message: expect.stringContaining('cuda:63') }),
    );
  });

  it.each(['gpu', 'cuda:', 'cuda:x', 'CPU', ''])('is refused where it is %j', (asked) => {
    expect(() => resolveDevice(asked)).toThrow(
      expect.objectContaining({
        code: 'ERR_ARGUMENT',
        message: `device: expected auto, cpu, cuda or cuda:<index>, got "${asked}"`,
      }),
    );
  });
});
