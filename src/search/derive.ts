import type { Clock } from '../learning/clock.ts';
import { validScore } from '../learning/measures.ts';
import type { Streams } from '../random/streams.ts';
import type { ArchScored, BestArch } from '../run/events.ts';
import type { Choices } from '../spaces/space.ts';
import { rewardsOf } from './rewards.ts';
import { childOf, type Session } from './session.ts';

/** Architectures that are scored together, so that what they have in common is computed once. */
const scoredAtOnce = 8;

/**
 * Deriving (Pham et al. 2018, section 2.3): sample architectures from the trained policy, score each
 * on one validation minibatch, the same for all, and keep the best, of equals the first in the order of
 * their choices. Its score over the whole
 * validation split is measured too, which yields nothing now and then.
 */
export async function* derive(
  session: Session,
  clock: Clock,
  samples: number,
  streams: Streams,
): AsyncGenerator<ArchScored | undefined, BestArch> {
  const { controller, space, learner, state } = session;
  const choices = controller.draw(samples, streams, 'derive/sample', 0);
  let best: { arch: unknown; reward: number } | undefined;
  for (const group of groupsOf(inOrder(choices))) {
    const archs = group.map((choice) => space.decode(choice));
    const on = { phase: 'derive' as const, index: () => 0, stream: 'derive/reward' };
    for (const [i, reward] of (await rewardsOf(session, archs, on)).entries()) {
      const arch = archs[i]!;
      if (best === undefined || reward > best.reward) best = { arch, reward };
      const { step, epoch } = state;
      yield clock.stamp({ type: 'arch:scored', step, epoch, phase: 'derive', arch, reward });
    }
  }
  const score = yield* learner.evaluate(childOf(session, best!.arch), 'valid');
  const unigram = learner.unigramPerplexity;
  return {
    ...best!,
    ...validScore(score),
    ...(unigram && { unigramValidPerplexity: unigram.valid }),
  };
}

/** By the first choice, then the second, …: architectures that begin alike stand next to each other. */
function inOrder(choices: readonly Choices[]): readonly Choices[] {
  const keyed = choices.map((one) => ({ one, key: one.flat() }));
  return keyed.sort((a, b) => compare(a.key, b.key)).map(({ one }) => one);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((value, i) => value !== b[i]);
  return differing === -1 ? 0 : a[differing]! - b[differing]!;
}

function groupsOf<T>(all: readonly T[]): T[][] {
  const starts = Array.from({ length: Math.ceil(all.length / scoredAtOnce) }, (_, i) => i);
  return starts.map((i) => all.slice(i * scoredAtOnce, (i + 1) * scoredAtOnce));
}
