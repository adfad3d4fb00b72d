import { unexpected } from '../errors/check.ts';
import { counts } from '../graph/counts.ts';
import { NotFinite } from '../learning/notFinite.ts';
import { childOf, type Session } from './session.ts';

/** What a reward of one's own is told of a child. */
export interface ChildMeasured {
  readonly arch: unknown;
  /** What the reward is for: to move the controller, or to choose the best at the end. */
  readonly phase: 'theta' | 'derive';
  /** On one validation minibatch, under the shared parameters: of images, in [0, 1]. */
  readonly accuracy?: number;
  /** The same of text. */
  readonly perplexity?: number;
  /** The search's own reward: c·accuracy or c/perplexity. */
  readonly reward: number;
  /** Trainable numbers that the child reads, and multiply-adds of one image or token. */
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Aborted when the search is. */
  readonly signal: AbortSignal | undefined;
}

/** How good a child is, the more the better, in place of its accuracy or perplexity alone. */
export type ChildReward = (child: ChildMeasured) => number | Promise<number>;

export interface RewardsOptions {
  readonly phase: ChildMeasured['phase'];
  /** The validation minibatch that architecture i is scored on. */
  readonly index: (i: number) => number;
  /** Of the minibatches; by default that of the θ phase. */
  readonly stream?: string;
}

/**
 * The rewards of architectures under the shared parameters.
 *
 * @throws NotFinite when one is not finite that the search has measured; EnasTorchError ERR_ARGUMENT
 *   when one is no finite number that a function of one's own gave
 */
export async function rewardsOf(
  session: Session,
  archs: readonly unknown[],
  { phase, index, stream }: RewardsOptions,
): Promise<readonly number[]> {
  const networks = archs.map((arch) => childOf(session, arch));
  const judged = networks.map((network, i) => ({ network, index: index(i) }));
  const measured = session.learner.rewards(judged, stream);
  const wrong = measured.findIndex((reward) => !Number.isFinite(reward));
  if (wrong !== -1) {
    throw new NotFinite('reward', measured[wrong]!, session.state.step, [archs[wrong]]);
  }
  const { reward: own, signal } = session;
  if (own === null) return measured;
  const rewards: number[] = [];
  for (const [i, reward] of measured.entries()) {
    const { parameters, multiplyAdds } = counts(networks[i]!.graph);
    const arch = archs[i];
    const score = scoreOf(session, reward);
    const child = { arch, phase, ...score, reward, parameters, multiplyAdds, signal };
    const given: unknown = await own(child);
    if (typeof given !== 'number' || !Number.isFinite(given)) {
      throw unexpected('reward', 'a finite number from the function given', given);
    }
    rewards.push(given);
  }
  return rewards;
}

/** What a reward was made from. */
function scoreOf({ learner, config }: Session, reward: number) {
  const { rewardScale } = config.search.theta;
  return learner.unit === 'images'
    ? { accuracy: reward / rewardScale }
    : { perplexity: rewardScale / reward };
}
