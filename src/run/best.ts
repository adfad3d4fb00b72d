import { z } from 'zod';

/** What `best.json` of a run holds: an architecture, where it comes from, and what was measured of it. */
export const bestSchema = z.strictObject({
  version: z.literal(1),
  space: z.strictObject({ name: z.string(), options: z.record(z.string(), z.unknown()) }),
  arch: z.unknown(),
  /** Accuracy on one validation minibatch, under the shared parameters. */
  reward: z.number(),
  /** Accuracy over the whole validation split, under the shared parameters. */
  validAccuracy: z.number(),
});

export type Best = z.infer<typeof bestSchema>;
