import type { LearningRate } from '../spaces/settings.ts';
import * as torch from '../torch/index.ts';

/** The learning rate of an epoch, from 1. */
export function learningRate(lr: LearningRate, epoch: number): number {
  if (lr.schedule === 'exponential') {
    return lr.initial * lr.decay ** Math.max(0, epoch - lr.after);
  }
  const { max, min, period, periodFactor: factor } = lr;
  return torch.cosineRestarts(epoch - 1, { max, min, period, factor });
}
