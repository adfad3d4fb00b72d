import { HostCopy } from '../torch/hostCopy.ts';
import type { Tensor } from '../torch/index.ts';
import type { Launched, Learned, StepSize } from './learner.ts';

/**
 * A step whose figures are on their way to the host.
 *
 * @param figures [N], of no scope; released here
 */
export function launched(
  figures: Tensor,
  size: StepSize,
  learned: (read: readonly number[], size: StepSize) => Learned,
): Launched {
  const copy = new HostCopy(figures);
  figures.dispose();
  return { ...size, read: () => learned(copy.read(), size) };
}
