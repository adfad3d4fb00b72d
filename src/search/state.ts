import { z } from 'zod';

/**
 * Where a search stands between two steps. With the tensors of a checkpoint this is everything:
 * data order, samples and dropout are functions of the seed and these counts.
 */
export const searchStateSchema = z.strictObject({
  /** Epoch under way, from 1. */
  epoch: z.int().positive(),
  phase: z.enum(['omega', 'theta', 'done']),
  /** Steps of the phase that are done. */
  stepInPhase: z.int().nonnegative(),
  /** ω steps since the start of the run. */
  step: z.int().nonnegative(),
  baseline: z.number().nullable(),
  /** Times the run went back to a checkpoint because a number was not finite. */
  recoveries: z.int().nonnegative(),
  /** Sums over the epoch's steps, for its averages. */
  sums: z.strictObject({
    loss: z.number(),
    /** Training images or tokens. */
    count: z.number(),
    /** That the ω steps took. */
    seconds: z.number(),
    reward: z.number(),
    entropy: z.number(),
    skipRate: z.number(),
  }),
  /** The least and the greatest reward of the epoch. */
  rewardRange: z.tuple([z.number(), z.number()]).nullable(),
});

export type SearchState = z.infer<typeof searchStateSchema>;

export const noSums: SearchState['sums'] = {
  loss: 0,
  count: 0,
  seconds: 0,
  reward: 0,
  entropy: 0,
  skipRate: 0,
};

export const initialState: SearchState = {
  epoch: 1,
  phase: 'omega',
  stepInPhase: 0,
  step: 0,
  baseline: null,
  recoveries: 0,
  sums: noSums,
  rewardRange: null,
};
