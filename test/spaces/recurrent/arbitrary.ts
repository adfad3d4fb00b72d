import fc from 'fast-check';
import { type RecurrentArch, recurrentArch } from '../../../src/spaces/recurrent/arch.ts';
import { type FirstNode, firstOps, recurrentOps } from '../../../src/spaces/recurrent/decisions.ts';
import { earlierNodes } from '../../../src/spaces/recurrent/nodes.ts';
import {
  type RecurrentOptions,
  recurrentOptionsSchema,
} from '../../../src/spaces/recurrent/options.ts';

/** Any cell with so many nodes. */
export function archOf(
  nodes: number,
  firstNode: FirstNode = 'chosen',
): fc.Arbitrary<RecurrentArch> {
  const later = Array.from({ length: nodes - 1 }, (_, i) =>
    fc.record({
      from: fc.constantFrom(...earlierNodes(i + 2)),
      op: fc.constantFrom(...recurrentOps),
    }),
  );
  return fc
    .tuple(fc.constantFrom(...firstOps(firstNode)), fc.tuple(...later))
    .map(([op, rest]) => recurrentArch(op, rest));
}

const rates = fc.record({
  input: fc.constantFrom(0, 0.3),
  recurrent: fc.constantFrom(0, 0.3),
  nodes: fc.constantFrom(0, 0.3),
  output: fc.constantFrom(0, 0.3),
});

/** Options of any kind with so many nodes, few hidden units. */
export function optionsOf(nodes: number): fc.Arbitrary<RecurrentOptions> {
  const size = fc.integer({ min: 1, max: 5 });
  const layers = fc.integer({ min: 1, max: 3 });
  return fc
    .record({
      nodes: fc.constant(nodes),
      hidden: size,
      layers,
      tied: fc.boolean(),
      firstNode: fc.constantFrom('chosen', 'tanh'),
      firstCarry: fc.boolean(),
      output: fc.constantFrom('loose', 'all'),
      recurrentInput: fc.constantFrom('lastNode', 'output'),
      weights: fc.constantFrom('edge', 'edgeAndFunction'),
      batchNorm: fc.boolean(),
      variational: fc.boolean(),
      dropout: rates,
      fixed: fc.record({ hidden: size, layers, batchNorm: fc.boolean(), dropout: rates }),
    })
    .map((options) => recurrentOptionsSchema.parse(options));
}
