import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';

describe('the runtime', () => {
  it('says which libtorch it is', () => {
    expect(torch.version).toMatch(/^2\.\d+\.\d+/);
  });

  it('sets the number of threads', () => {
    const before = torch.getNumThreads();
    torch.setNumThreads(2);
    expect(torch.getNumThreads()).toBe(2);
    torch.setNumThreads(before);
    expect(torch.getNumThreads()).toBe(before);
  });

  it('sets up to four threads for each processor, and what it began with', () => {
    const before = torch.getNumThreads();
    const most = Math.max(4 * cpus().length, before);
    torch.setNumThreads(most);
    expect(torch.getNumThreads()).toBe(most);
    expect(() => torch.setNumThreads(most + 1)).toThrow(
      `setNumThreads: expected 1 to ${most} threads, 4 for each processor of this machine, got ${most + 1}`,
    );
    expect(torch.getNumThreads()).toBe(most);
    torch.setNumThreads(before);
  });

  it('has fewer threads for as long as a function runs, whatever comes of it', () => {
    const before = torch.getNumThreads();
    torch.setNumThreads(2);
    expect(torch.withThreads(1, () => torch.getNumThreads())).toBe(1);
    expect(torch.getNumThreads()).toBe(2);
    const fail = () => {
      throw new Error('of its own');
    };
    expect(() => torch.withThreads(1, fail)).toThrow('of its own');
    expect(torch.getNumThreads()).toBe(2);
    expect(() => torch.withThreads(0, () => 1)).toThrow(/threads/);
    expect(() => torch.withThreads(1, async () => 1)).toThrow(/withThreads/);
    expect(torch.getNumThreads()).toBe(2);
    torch.setNumThreads(before);
  });

  it('flushes denormal numbers, where the processor can', () => {
    const tiny = torch.tensor([1e-40]);
    if (torch.setFlushDenormal(true)) {
      expect(tiny.mul(0.5).item()).toBe(0);
      torch.setFlushDenormal(false);
    }
    expect(tiny.mul(0.5).item()).toBeGreaterThan(0);
  });

  it('knows its CUDA devices', () => {
    expect(torch.cuda.isAvailable()).toBe(torch.cuda.deviceCount() > 0);
    if (torch.cuda.isAvailable()) torch.cuda.synchronize();
    else expect(() => torch.cuda.synchronize()).toThrow(/cudaSynchronize: expected a CUDA device/);
  });

  it('uses no wider vector instructions than it is told to, and never more than there are', () => {
    const widest = torch.getSimd();
    torch.setSimd('none');
    expect(torch.getSimd()).toBe('none');
    torch.setSimd('amx');
    expect(torch.getSimd()).toBe(widest);
    expect(() => torch.setSimd('avx51' as torch.SimdLevel)).toThrow(/avx512/);
  });
});
