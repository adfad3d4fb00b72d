import * as torch from '../torch/index.ts';
import type { TrainSession } from './session.ts';

/** Whether the steps of the epoch under way count for the mean: from epoch `train.averageFrom` on. */
export function averages({ mean, state, config }: TrainSession): boolean {
  return mean !== null && 'averageFrom' in config.train && state.epoch >= config.train.averageFrom;
}

/**
 * Takes the parameters after a step into their mean over steps (averaged SGD, Polyak & Juditsky 1992),
 * where the step counts for it.
 *
 * @param inFlight steps before this one that the session's state is not past
 */
export function addToMean(session: TrainSession, inFlight: number): void {
  if (!averages(session)) return;
  const { mean, parameters, state } = session;
  const averaged = state.averaged + inFlight + 1;
  torch.noGrad(() => mean!.mul_(1 - 1 / averaged).add_(parameters.flat, { alpha: 1 / averaged }));
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
