import { z } from 'zod';

const keepProb = z.number().gt(0).max(1).default(0.9);

/** Options of the micro space. `fixed` is the network trained from scratch. */
export const microOptionsSchema = z.strictObject({
  layers: z
    .int()
    .min(1)
    .default(6)
    .describe('normal cells in the search; the two reduction cells come on top'),
  filters: z
    .int()
    .min(1)
    .default(20)
    .describe('channels before the first reduction, in the search'),
  blocks: z.int().min(1).max(8).default(5).describe('blocks in each cell, B − 2 in the paper'),
  keepProb: keepProb.describe('dropout keeps this share, before the head'),
  opPrior: z
    .boolean()
    .default(false)
    .describe("the authors' bias and prior, which hold the operators to separable convolutions"),
  fixed: z
    .strictObject({
      layers: z.int().min(1).default(15).describe('as above, for the fixed network'),
      filters: z.int().min(1).default(36).describe('channels before the first reduction'),
      keepProb: keepProb.describe('as above, for the fixed network'),
      dropPathKeep: z
        .number()
        .gt(0)
        .max(1)
        .default(0.6)
        .describe('share of paths that drop-path keeps in the last cell at the end of training'),
      auxiliary: z
        .boolean()
        .default(true)
        .describe('a second classifier at two thirds of the depth, for training'),
    })
    .prefault({}),
});

export type MicroOptions = z.infer<typeof microOptionsSchema>;
