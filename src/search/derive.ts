import { EnasTorchError } from '../errors/error.ts';
import type { Clock } from '../learning/clock.ts';
import { figureOf, validScore } from '../learning/measures.ts';
import type { Streams } from '../random/streams.ts';
import type { ArchScored, BestArch, Warning } from '../run/events.ts';
import type { Choices } from '../spaces/space.ts';
import { type Measured, measure, rewardsOf } from './rewards.ts';
import { childOf, type Session } from './session.ts';

/** Architectures that are scored together, so that what they have in common is computed once. */
const scoredAtOnce = 8;

/**
 * Deriving (Pham et al. 2018, section 2.3): sample architectures from the trained policy, score each
 * on one validation minibatch, the same for all, and keep the best, of equals the first in the order of
 * their choices. Its score over the whole validation split is measured too, which yields nothing now
 * and then.
 *
 * An architecture whose reward or score is not finite is not kept, and a warning says which that was.
 *
 * @throws EnasTorchError ERR_RUN when that is every one
 */
export async function* derive(
  session: Session,
  clock: Clock,
  samples: number,
  streams: Streams,
): AsyncGenerator<ArchScored | Warning | undefined, BestArch> {
  const { controller, space, learner, state } = session;
  const { step, epoch } = state;
  const choices = controller.draw(samples, streams, 'derive/sample', 0);
  const notFinite = (arch: unknown, what: string, value: number) => {
    const message = `not kept, because its ${what} is ${value}: ${JSON.stringify(arch)}`;
    return clock.stamp({ type: 'warning' as const, step, epoch, code: 'not-finite', message });
  };
  const scored: Omit<Measured, 'network'>[] = [];
  for (const group of groupsOf(inOrder(choices))) {
    const archs = group.map((choice) => space.decode(choice));
    const measured = measure(session, archs, { index: () => 0, stream: 'derive/reward' });
    const finite: Measured[] = [];
    for (const each of measured) {
      if (Number.isFinite(each.reward)) finite.push(each);
      else yield notFinite(each.arch, 'reward', each.reward);
    }
    for (const [i, reward] of (await rewardsOf(session, finite, 'derive')).entries()) {
      const { arch } = finite[i]!;
      scored.push({ arch, reward });
      yield clock.stamp({ type: 'arch:scored', step, epoch, phase: 'derive', arch, reward });
    }
  }
  for (const { arch, reward } of scored.sort((a, b) => b.reward - a.reward)) {
    const score = yield* learner.evaluate(childOf(session, arch), 'valid');
    const { name, value } = figureOf(score);
    if (!Number.isFinite(value)) {
      yield notFinite(arch, `validation ${name}`, value);
      continue;
    }
    const unigram = learner.unigramPerplexity;
    return {
      arch,
      reward,
      ...validScore(score),
      ...(unigram && { unigramValidPerplexity: unigram.valid }),
    };
  }
  throw new EnasTorchError(
    'ERR_RUN',
    `none of the ${samples} architectures has a finite reward and score under the shared parameters; ` +
      'derive more of them, or search anew with a lower search.omega.lr',
  );
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
