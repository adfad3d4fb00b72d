import * as torch from '../torch/index.ts';
import type { TrainSession } from './session.ts';

/**
 * Takes the parameters after a step into their mean over steps (averaged SGD, Polyak & Juditsky 1992),
 * from epoch `train.averageFrom` on.
 */
export function addToMean(session: TrainSession): void {
  const { mean, parameters, state, config } = session;
  if (mean === null || !('averageFrom' in config.train)) return;
  if (state.epoch < config.train.averageFrom) return;
  const averaged = state.averaged + 1;
  torch.noGrad(() => mean.mul_(1 - 1 / averaged).add_(parameters.flat, { alpha: 1 / averaged }));
  session.state = { ...state, averaged };
}

/** Goes through `steps` while the parameters are their mean over steps, where one is kept. */
export function* withMean<T>(
  { mean, parameters, state }: TrainSession,
  steps: Generator<undefined, T>,
): Generator<undefined, T> {
  if (mean === null || state.averaged === 0) return yield* steps;
  const own = torch.noGrad(() => parameters.flat.clone());
  torch.noGrad(() => parameters.flat.copy_(mean));
  try {
    return yield* steps;
  } finally {
    torch.noGrad(() => parameters.flat.copy_(own));
    own.dispose();
  }
}
