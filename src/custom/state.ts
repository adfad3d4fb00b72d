import { z } from 'zod';

/**
 * Where the search of a custom space stands between two updates. With the tensors of a checkpoint this
 * is everything: what is sampled is a function of the seed and the count.
 */
export const spaceStateSchema = z.strictObject({
  /** Architectures scored. */
  sample: z.int().nonnegative(),
  baseline: z.number().nullable(),
  /** Moving average of (R − b)²; null before the first reward. */
  variance: z.number().nullable(),
  best: z.strictObject({ arch: z.unknown(), reward: z.number() }).nullable(),
  /** Whether it has been said that all rewards are the same. */
  warned: z.boolean(),
});

export type SpaceState = z.infer<typeof spaceStateSchema>;

export const initialSpaceState: SpaceState = {
  sample: 0,
  baseline: null,
  variance: null,
  best: null,
  warned: false,
};
