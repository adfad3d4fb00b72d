import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { he } from '../../graph/init.ts';
import type { Style } from './style.ts';

/** An output that a merge reads, by the name its weight block is called after. */
export type Source = readonly [name: string, output: NodeId];

/**
 * Concatenation on depth – conv 1×1 – batch norm – ReLU, so that the number of channels never changes
 * (Pham et al. 2018, appendix B). There is one C×C weight block for each (layer, source), named
 * `layer3/skip/from-stem`; a set of sources selects its blocks.
 */
export function mergeByConv(
  g: GraphBuilder,
  layer: number,
  sources: readonly Source[],
  style: Style,
): NodeId {
  const channels = g.channels(sources[0]![1]);
  return joined(g, () => {
    const merged = g.concatConv(
      sources.map(([, output]) => output),
      {
        name: 'conv',
        out: channels,
        weights: sources.map(([name]) => g.path(`from-${name}`)),
        init: he(channels * style.mergeWidth(layer, sources.length)),
      },
    );
    return g.relu(normalised(g, merged, style));
  });
}

/** Sum – batch norm. */
export function mergeBySum(g: GraphBuilder, sources: readonly Source[], style: Style): NodeId {
  const outputs = sources.map(([, output]) => output);
  return joined(g, () => {
    const sum = outputs.length === 1 ? outputs[0]! : g.add(outputs);
    return normalised(g, sum, style);
  });
}

function joined(g: GraphBuilder, make: () => NodeId): NodeId {
  return g.part('skip', () => g.scope('skip', make));
}

function normalised(g: GraphBuilder, x: NodeId, style: Style): NodeId {
  return style.skipBatchNorm ? g.batchNorm(x, { name: 'bn', statistics: style.statistics }) : x;
}
