import { z } from 'zod';

const rate = z.number().min(0).lt(1);

/** Shares that dropout zeroes. */
const dropoutSchema = (input: number, recurrent: number, nodes: number, output: number) =>
  z
    .strictObject({
      input: rate.default(input).describe('of what each layer reads'),
      recurrent: rate.default(recurrent).describe('of the last time step, where node 1 reads it'),
      nodes: rate
        .default(nodes)
        .describe(
          'of what each later node reads, where its matrices do; not of what it carries on',
        ),
      output: rate.default(output).describe("of the last layer's output"),
    })
    .prefault({});

/**
 * Options of the recurrent space; the defaults are the paper's. `fixed` is the network trained from
 * scratch.
 */
export const recurrentOptionsSchema = z.strictObject({
  nodes: z.int().min(2).default(12).describe('nodes N of the cell'),
  hidden: z
    .int()
    .positive()
    .default(1000)
    .describe('hidden units H, also the size of the embedding'),
  layers: z.int().positive().default(1).describe('layers of the cell, one above the other'),
  tied: z.boolean().default(true).describe('the softmax has the weights of the embedding'),
  firstNode: z
    .enum(['chosen', 'tanh'])
    .default('chosen')
    .describe("node 1's function is chosen (section 2.1) or always tanh (enas_lm)"),
  firstCarry: z
    .boolean()
    .default(false)
    .describe(
      'node 1 also carries on the last time step, c ⊗ h + (1 − c) ⊗ h_{t−1} (released code); without it equation (3)',
    ),
  output: z
    .enum(['loose', 'all'])
    .default('loose')
    .describe(
      'a layer gives the mean of the nodes that no other reads (appendix A), or of all nodes but the first (enas_lm)',
    ),
  recurrentInput: z
    .enum(['lastNode', 'output'])
    .default('lastNode')
    .describe('h_{t−1} is node N (appendix A) or what the layer gave (released code)'),
  weights: z
    .enum(['edge', 'edgeAndFunction'])
    .default('edge')
    .describe('a pair of matrices for each edge (appendix A), or for each edge and function'),
  batchNorm: z
    .boolean()
    .default(true)
    .describe('batch norm at once after the mean that a layer gives, during a search'),
  initRange: z
    .number()
    .positive()
    .default(0.025)
    .describe('parameters begin uniform in ± this, during a search'),
  variational: z
    .boolean()
    .default(true)
    .describe('dropout has one mask for all time steps (Gal & Ghahramani 2016)'),
  dropout: dropoutSchema(0.75, 0.25, 0.25, 0.75),
  fixed: z
    .strictObject({
      hidden: z.int().positive().default(748).describe('as above, for the fixed network'),
      layers: z.int().positive().default(1).describe('as above, for the fixed network'),
      batchNorm: z
        .boolean()
        .default(false)
        .describe('as above; appendix A finds that a fixed cell can do without'),
      initRange: z.number().positive().default(0.04).describe('as above, for the fixed network'),
      dropout: dropoutSchema(0.75, 0.25, 0.25, 0.76),
    })
    .prefault({}),
});

export type RecurrentOptions = z.infer<typeof recurrentOptionsSchema>;
export type DropoutOptions = RecurrentOptions['dropout'];
