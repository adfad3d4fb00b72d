import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Style } from './style.ts';

/** Layers after which every earlier output is reduced: two, so that there are three stages. */
export function reductionsAfter(layers: number): readonly [number, number] {
  return [layers / 3 - 1, (2 * layers) / 3 - 1];
}

/**
 * Factorised reduction: height and width halve without losing half of the pixels. Two 1×1
 * convolutions, one on the even pixels, one on those shifted by one down and right, each with half of
 * the output channels; concatenated, then batch norm.
 */
export function reduction(g: GraphBuilder, x: NodeId, out: number, style: Style): NodeId {
  const half = Math.floor(out / 2);
  const even = g.conv2d(g.subsample(x, { offset: 0 }), {
    name: 'even',
    out: out - half,
    kernel: 1,
  });
  const odd = g.conv2d(g.subsample(x, { offset: 1 }), { name: 'odd', out: half, kernel: 1 });
  return g.batchNorm(g.concat([even, odd]), { name: 'bn', statistics: style.statistics });
}
