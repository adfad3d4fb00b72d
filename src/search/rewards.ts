import { unexpected } from '../errors/check.ts';
import { counts } from '../graph/counts.ts';
import type { Network } from '../learning/learner.ts';
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

export interface MeasureOptions {
  /** The validation minibatch that architecture i is scored on. */
  readonly index: (i: number) => number;
  /** Of the minibatches; by default that of the θ phase. */
  readonly stream?: string;
}

/** A child, and the search's own reward of it, which may be no finite number. */
export interface Measured {
  readonly arch: unknown;
  readonly network: Network;
  readonly reward: number;
}

/** Measures architectures under the shared parameters, each on one validation minibatch. */
export function measure(
  session: Session,
  archs: readonly unknown[],
  { index, stream }: MeasureOptions,
): readonly Measured[] {
  const networks = archs.map((arch) => childOf(session, arch));
  const judged = networks.map((network, i) => ({ network, index: index(i) }));
  const rewards = session.learner.rewards(judged, stream);
  return archs.map((arch, i) => ({ arch, network: networks[i]!, reward: rewards[i]! }));
}

/**
 * The rewards of children that were measured: what the function of one's own says of them, where there is
 * one.
 *
 * @throws EnasTorchError ERR_ARGUMENT when that is no finite number
 */
export async function rewardsOf(
  session: Session,
  measured: readonly Measured[],
  phase: ChildMeasured['phase'],
): Promise<readonly number[]> {
  const { reward: own, signal } = session;
  if (own === null) return measured.map(({ reward }) => reward);
  const rewards: number[] = [];
  for (const { arch, network, reward } of measured) {
    const { parameters, multiplyAdds } = counts(network.graph);
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
