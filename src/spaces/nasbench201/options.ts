import { z } from 'zod';

const skeleton = {
  filters: z
    .int()
    .min(1)
    .default(16)
    .describe('channels of the first stage; doubled at the others'),
  cells: z.int().min(1).default(5).describe('cells in each of the three stages'),
  keepProb: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('dropout keeps this share, before the head'),
};

/** Options of the NAS-Bench-201 space; the defaults are the benchmark's. `fixed` is the network trained from scratch. */
export const nasBench201OptionsSchema = z.strictObject({
  ...skeleton,
  fixed: z.strictObject(skeleton).prefault({}),
});

export type NasBench201Options = z.infer<typeof nasBench201OptionsSchema>;
