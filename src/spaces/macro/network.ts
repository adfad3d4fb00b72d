import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph, NodeId } from '../../graph/graph.ts';
import { factorisedReduction } from '../images/factorisedReduction.ts';
import type { ImageTask } from '../space.ts';
import type { MacroArch, MacroLayer } from './arch.ts';
import { branch } from './branch.ts';
import { mergeByConv, mergeBySum, type Source } from './merge.ts';
import { reductionsAfter } from './reduction.ts';
import type { Style } from './style.ts';

/**
 * A whole convolutional network of the macro space (Pham et al. 2018, section 2.3): stem, layers with
 * skip connections, two reductions, and a linear classifier on the average of each channel.
 */
export function network(arch: MacroArch, task: ImageTask, style: Style): Graph {
  const g = new GraphBuilder();
  const [firstReduction, secondReduction] = reductionsAfter(arch.layers.length);
  const image = g.input([task.channels, task.height, task.width], { name: 'image' });

  let channels = style.filters;
  let outputs = new Map([['stem', stem(g, image, channels, style)]]);
  arch.layers.forEach((layer, l) => {
    outputs.set(
      `layer${l}`,
      g.part('ops', () => layerOf(g, l, layer, outputs, style)),
    );
    if (l === firstReduction || l === secondReduction) {
      channels *= style.growth;
      outputs = reduceAll(g, l === firstReduction ? 1 : 2, outputs, channels, style);
    }
  });

  const last = outputs.get(`layer${arch.layers.length - 1}`)!;
  const features = g.dropout(g.globalAvgPool(last), { name: 'dropout', p: 1 - style.keepProb });
  return g.build({
    logits: g.linear(features, { name: 'linear', out: task.classes, bias: false }),
  });
}

function stem(g: GraphBuilder, image: NodeId, out: number, style: Style): NodeId {
  return g.scope('stem', () => {
    const x = g.conv2d(image, { name: 'conv', out, kernel: 3 });
    return g.batchNorm(x, { name: 'bn', statistics: style.statistics });
  });
}

function layerOf(
  g: GraphBuilder,
  l: number,
  { op, skips }: MacroLayer,
  outputs: ReadonlyMap<string, NodeId>,
  style: Style,
): NodeId {
  const previous = l === 0 ? 'stem' : `layer${l - 1}`;
  const x = outputs.get(previous)!;
  const chosen = skips.map((name): Source => [name, outputs.get(name)!]);
  return g.scope(`layer${l}`, () => {
    if (style.merge === 'before') {
      const sources: Source[] = [...chosen, [previous, x]];
      const merged = sources.length === 1 ? x : mergeByConv(g, l, sources, style);
      return branch(g, op, merged, style);
    }
    const y = branch(g, op, x, style);
    if (l === 0) return y;
    const sources: Source[] = [['op', y], ...chosen];
    return style.merge === 'after'
      ? mergeByConv(g, l, sources, style)
      : mergeBySum(g, sources, style);
  });
}

/** Every output so far, the stem too, at half the height and width. */
function reduceAll(
  g: GraphBuilder,
  number: 1 | 2,
  outputs: ReadonlyMap<string, NodeId>,
  channels: number,
  { statistics }: Style,
): Map<string, NodeId> {
  const reduced = new Map<string, NodeId>();
  g.part('reductions', () => {
    for (const [name, output] of outputs) {
      const scope = `reduction${number}/${name}`;
      reduced.set(
        name,
        g.scope(scope, () => factorisedReduction(g, output, { out: channels, statistics })),
      );
    }
  });
  return reduced;
}
