import { HostCopy } from '../torch/hostCopy.ts';
import type { Tensor } from '../torch/index.ts';
import type { Launched, Learned, StepSize } from './learner.ts';

type Learning = (read: readonly number[], size: StepSize) => Learned;

/**
 * A step whose figures are on their way to the host.
 *
 * @param figures [N], of no scope; released here
 */
export function launched(figures: Tensor, size: StepSize, learned: Learning): Launched {
  const step = following(figures, size, learned);
  figures.dispose();
  return step;
}

/**
 * {@link launched} of figures that stay the caller's.
 *
 * @param figures [N]; what is launched from now on may overwrite them
 */
export function following(figures: Tensor, size: StepSize, learned: Learning): Launched {
  const copy = new HostCopy(figures);
  return { ...size, read: () => learned(copy.read(), size), drop: () => copy.dispose() };
}
