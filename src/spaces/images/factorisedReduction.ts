import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';

export interface FactorisedReductionOptions {
  /** Output channels, at least 2. */
  readonly out: number;
  /** What its batch norm normalises by. */
  readonly statistics: 'batch' | 'running';
}

/**
 * Factorised reduction: height and width halve without losing half of the pixels. Two 1×1
 * convolutions, one on the even pixels, one on those shifted by one down and right, each with half of
 * the output channels; concatenated, then batch norm. Named `even`, `odd`, `bn` in the current scope.
 */
export function factorisedReduction(
  g: GraphBuilder,
  x: NodeId,
  { out, statistics }: FactorisedReductionOptions,
): NodeId {
  const half = Math.floor(out / 2);
  const even = g.conv2d(g.subsample(x, { offset: 0 }), {
    name: 'even',
    out: out - half,
    kernel: 1,
  });
  const odd = g.conv2d(g.subsample(x, { offset: 1 }), { name: 'odd', out: half, kernel: 1 });
  return g.batchNorm(g.concat([even, odd]), { name: 'bn', statistics });
}
