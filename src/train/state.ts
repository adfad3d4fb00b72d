import { z } from 'zod';
import type { Score } from '../learning/learner.ts';

const scoreSchema: z.ZodType<Score> = z.union([
  z.strictObject({ accuracy: z.number() }),
  z.strictObject({ perplexity: z.number() }),
]);

/**
 * Where a training stands between two steps. With the tensors of a checkpoint this is everything:
 * data order, augmentation and dropout are functions of the seed and these counts.
 */
export const trainStateSchema = z.strictObject({
  /** Epoch under way, from 1; the last one once all are done. */
  epoch: z.int().positive(),
  /** Steps of the epoch that are done. */
  stepInEpoch: z.int().nonnegative(),
  /** Steps since the start of the run. */
  step: z.int().nonnegative(),
  done: z.boolean(),
  /** Times the run went back to a checkpoint because a number was not finite. */
  recoveries: z.int().nonnegative(),
  /** Sums over the epoch's steps, for its averages. */
  sums: z.strictObject({
    loss: z.number(),
    /** Training images or tokens. */
    count: z.number(),
    /** That the steps took. */
    seconds: z.number(),
  }),
  /** Steps that the mean of the parameters is over. */
  averaged: z.int().nonnegative(),
  /** Epoch whose parameters are kept, and their validation score; null where nothing is held out. */
  kept: z.strictObject({ epoch: z.int().positive(), score: scoreSchema.nullable() }).nullable(),
});

export type TrainState = z.infer<typeof trainStateSchema>;

export const noSums: TrainState['sums'] = { loss: 0, count: 0, seconds: 0 };

export const initialState: TrainState = {
  epoch: 1,
  stepInEpoch: 0,
  step: 0,
  done: false,
  recoveries: 0,
  sums: noSums,
  averaged: 0,
  kept: null,
};
