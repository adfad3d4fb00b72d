import { z } from 'zod';

export const mergeKinds = ['before', 'after', 'sum'] as const;

/**
 * Where a layer's skip connections meet:
 * - `before`: the layer's input is the concatenation of its predecessor and the chosen outputs, through
 *   conv 1×1, batch norm and ReLU (Pham et al. 2018, section 2.3 and appendix B). The default.
 * - `after`: the same, over the operator's output and the chosen outputs (the authors' final networks).
 * - `sum`: the operator's output plus the chosen outputs, through batch norm (the authors' search).
 */
export type Merge = (typeof mergeKinds)[number];

/** Options of the macro space. `fixed` is the network trained from scratch. */
export const macroOptionsSchema = z.strictObject({
  layers: z.int().min(3).multipleOf(3).default(12).describe('layers; a multiple of 3'),
  filters: z.int().min(2).default(36).describe('channels of every layer in the search'),
  merge: z.enum(mergeKinds).default('before').describe('where skip connections meet'),
  keepProb: z
    .number()
    .gt(0)
    .max(1)
    .default(0.9)
    .describe('dropout keeps this share, before the head'),
  fixed: z
    .strictObject({
      filters: z.int().min(2).default(96).describe('channels before the first reduction'),
      merge: z
        .enum(['search', ...mergeKinds])
        .default('search')
        .describe("'search' = as there"),
      separable: z
        .enum(['depthwise', 'full'])
        .default('depthwise')
        .describe("'full' = separable operators are whole convolutions, as in the authors' code"),
      skipBatchNorm: z
        .boolean()
        .default(true)
        .describe(
          'batch norm where skips meet; appendix B finds that a fixed network can do without',
        ),
      keepProb: z.number().gt(0).max(1).default(0.9).describe('as above, for the fixed network'),
    })
    .prefault({}),
});

export type MacroOptions = z.infer<typeof macroOptionsSchema>;
