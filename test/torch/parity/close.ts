import { expect } from 'vitest';
import type { Tensor } from '../../../src/torch/index.ts';

const floats = (tensor: Tensor) => Array.from(tensor.toTypedArray() as ArrayLike<number>);

/** The largest magnitude among the elements. */
export function largest(tensor: Tensor): number {
  return floats(tensor).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

/**
 * Expects the same shape and dtype, and elements that differ by no more than `relative` times the
 * largest one expected.
 *
 * @param scale takes the place of the largest element where that is smaller: of a gradient that is
 *   zero but for rounding there is nothing to be relative to
 */
export function expectClose(
  actual: Tensor | null,
  expected: Tensor,
  relative: number,
  label: string,
  scale = 0,
): void {
  expect(actual, label).not.toBeNull();
  expect({ shape: actual!.shape, dtype: actual!.dtype }, label).toEqual({
    shape: expected.shape,
    dtype: expected.dtype,
  });
  const [got, wanted] = [floats(actual!), floats(expected)];
  const unit = Math.max(scale, largest(expected));
  const error = got.reduce((max, value, i) => {
    const difference = Math.abs(value - wanted[i]!);
    return difference > max || Number.isNaN(difference) ? difference : max;
  }, 0);
  expect(error, `${label}: largest difference, of elements up to ${unit}`).toBeLessThanOrEqual(
    relative * unit,
  );
}
