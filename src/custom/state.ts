import { z } from 'zod';

/**
 * Where the search of a custom space stands between two updates. With the tensors of a checkpoint and the
 * architectures scored before it this is everything: what is sampled is a function of the seed and those.
 */
export const spaceStateSchema = z.strictObject({
  /** Architectures scored. */
  sample: z.int().nonnegative(),
  /** Moving average of the rewards' shares; see `scored.ts`. */
  baseline: z.number(),
  /** Moving average of (share − b)². */
  variance: z.number(),
  best: z.strictObject({ arch: z.unknown(), reward: z.number() }).nullable(),
  /** Whether it has been said that all rewards are the same. */
  warned: z.boolean(),
});

export type SpaceState = z.infer<typeof spaceStateSchema>;

export const initialSpaceState: SpaceState = {
  sample: 0,
  // Shares of architectures drawn by chance are uniform between 0 and 1.
  baseline: 1 / 2,
  variance: 1 / 12,
  best: null,
  warned: false,
};
