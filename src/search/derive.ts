import type { Clock } from '../learning/clock.ts';
import { validScore } from '../learning/measures.ts';
import type { Streams } from '../random/streams.ts';
import type { ArchScored, BestArch } from '../run/events.ts';
import { childOf, type Session } from './session.ts';

/**
 * Deriving (Pham et al. 2018, section 2.3): sample architectures from the trained policy, score each
 * on one validation minibatch, the same for all, and keep the best. Its score over the whole
 * validation split is measured too, which yields nothing now and then.
 */
export function* derive(
  session: Session,
  clock: Clock,
  samples: number,
  streams: Streams,
): Generator<ArchScored | undefined, BestArch> {
  const { controller, space, learner, state } = session;
  const choices = controller.draw(samples, streams, 'derive/sample', 0);
  let best: { arch: unknown; reward: number } | undefined;
  for (const choice of choices) {
    const arch = space.decode(choice);
    const judged = { network: childOf(session, arch), index: 0 };
    const [reward] = learner.rewards([judged], 'derive/reward') as [number];
    if (best === undefined || reward > best.reward) best = { arch, reward };
    const { step, epoch } = state;
    yield clock.stamp({ type: 'arch:scored', step, epoch, phase: 'derive', arch, reward });
  }
  const score = yield* learner.evaluate(childOf(session, best!.arch), 'valid');
  const unigram = learner.unigramPerplexity;
  return {
    ...best!,
    ...validScore(score),
    ...(unigram && { unigramValidPerplexity: unigram.valid }),
  };
}
