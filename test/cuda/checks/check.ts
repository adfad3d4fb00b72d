import { deepEqual, ok } from 'node:assert/strict';
import type { Device, Tensor } from '../../../src/torch/index.ts';

/**
 * Something to be checked on a device. Checks know no test runner: `test/cuda/device.test.ts` runs them
 * here, `scripts/gpu-check` on a machine that has none.
 */
export interface Check {
  readonly name: string;
  /** `cuda`: of what only a CUDA device has; `any`: of what the CPU must do just as well. */
  readonly on: 'cuda' | 'any';
  /** Throws where it does not hold. */
  readonly run: (device: Device) => void | Promise<void>;
}

/** The largest difference, in units of `scale` (by default the largest magnitude there is in `expected`). */
export function relativeDistance(got: Tensor, expected: Tensor): number {
  deepEqual(got.shape, expected.shape);
  const wide = (tensor: Tensor) => tensor.detach().to({ dtype: 'float64', device: 'cpu' });
  const scale = Math.max(wide(expected).abs().max().item(), 1e-30);
  return wide(got).sub(wide(expected)).abs().max().item() / scale;
}

export function close(got: Tensor, expected: Tensor, tolerance: number, what: string): void {
  const distance = relativeDistance(got, expected);
  ok(distance <= tolerance, `${what}: differs by ${distance}, more than ${tolerance}`);
}

/** Equal in every value; zeros of either sign are equal. */
export function same(got: Tensor, expected: Tensor, what: string): void {
  deepEqual(got.shape, expected.shape, what);
  const equal = got
    .detach()
    .to({ device: 'cpu' })
    .eq(expected.detach().to({ device: 'cpu' }));
  ok(equal.all().item() === 1, `${what}: values differ`);
}
