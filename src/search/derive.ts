import type { Streams } from '../random/streams.ts';
import type { ArchScored, Done } from '../run/events.ts';
import * as torch from '../torch/index.ts';
import type { Clock } from './clock.ts';
import { evaluate } from './evaluate.ts';
import { correct } from './score.ts';
import type { Session } from './session.ts';

/**
 * Deriving (Pham et al. 2018, section 2.3): sample architectures from the trained policy, score each
 * on one validation minibatch, the same for all, and keep the best. Its accuracy over the whole
 * validation split is measured too.
 */
export function* derive(
  session: Session,
  clock: Clock,
  samples: number,
  streams: Streams,
): Generator<ArchScored, Done['best']> {
  const { controller, space, task, shared, state, batches, config } = session;
  const choices = torch.scope(
    () => torch.noGrad(() => controller.sample(samples, streams, 'derive/sample', 0)).choices,
  );
  let best: { arch: unknown; reward: number } | undefined;
  for (const choice of choices) {
    const arch = space.decode(choice);
    const reward = torch.scope(() => {
      const batch = batches.reward(0, config.search.theta.rewardBatch, 'derive/reward');
      return correct(space.child(arch, task), shared, batch) / batch.labels.numel();
    });
    if (best === undefined || reward > best.reward) best = { arch, reward };
    const { step, epoch } = state;
    yield clock.stamp({ type: 'arch:scored', step, epoch, phase: 'derive', arch, reward });
  }
  return { ...best!, validAccuracy: evaluate(session, best!.arch) };
}
