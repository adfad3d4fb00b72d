import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph, NodeId } from '../../graph/graph.ts';
import type { ImageTask } from '../space.ts';
import { type NasBench201Arch, opsOf } from './arch.ts';
import { cell } from './cell.ts';
import { reduction } from './reduction.ts';
import type { Style } from './style.ts';

const stages = 3;

/**
 * The benchmark's network (Dong & Yang 2020, section 2.1, figure 1): stem, three stages of cells with
 * a residual block between, batch norm and ReLU, and a linear classifier on the average of each
 * channel.
 */
export function network(arch: NasBench201Arch, task: ImageTask, style: Style): Graph {
  const g = new GraphBuilder();
  const ops = opsOf(arch);
  let x = stem(g, task, style);
  for (let stage = 0; stage < stages; stage++) {
    if (stage > 0) {
      const out = style.filters * 2 ** stage;
      const input = x;
      x = g.part('reductions', () =>
        g.scope(`reduction${stage}`, () => reduction(g, input, out, style)),
      );
    }
    for (let i = 0; i < style.cells; i++) {
      const input = x;
      x = g.part('cells', () =>
        g.scope(`stage${stage}/cell${i}`, () => cell(g, ops, input, style)),
      );
    }
  }
  return g.build({ logits: classifier(g, x, task.classes, style) });
}

function stem(g: GraphBuilder, task: ImageTask, { filters, statistics }: Style): NodeId {
  const image = g.input([task.channels, task.height, task.width], { name: 'image' });
  return g.scope('stem', () => {
    const x = g.conv2d(image, { name: 'conv', out: filters, kernel: 3 });
    return g.batchNorm(x, { name: 'bn', statistics });
  });
}

function classifier(g: GraphBuilder, x: NodeId, classes: number, style: Style): NodeId {
  const normalised = g.batchNorm(x, { name: 'last/bn', statistics: style.statistics });
  const pooled = g.globalAvgPool(g.relu(normalised));
  const features =
    style.keepProb === 1 ? pooled : g.dropout(pooled, { name: 'dropout', p: 1 - style.keepProb });
  return g.linear(features, { name: 'linear', out: classes });
}
