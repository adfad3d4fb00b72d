import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { MacroOp } from './decisions.ts';
import type { Style } from './style.ts';

/**
 * One of the six operators of a layer. Every one begins with a 1×1 convolution, and convolutions are
 * applied in the order relu – conv – batch norm (Pham et al. 2018, appendix B). A separable
 * convolution is a depthwise and a pointwise one with nothing between.
 */
export function branch(g: GraphBuilder, op: MacroOp, x: NodeId, style: Style): NodeId {
  const out = g.channels(x);
  return g.scope(op, () => {
    const projected = g.conv2d(g.relu(x), { name: 'project', out, kernel: 1 });
    const h = g.batchNorm(projected, { name: 'projectBn', statistics: style.statistics });
    switch (op) {
      case 'conv3x3':
        return conv(g, h, 3, style);
      case 'sep3x3':
        return separable(g, h, 3, style);
      case 'conv5x5':
        return conv(g, h, 5, style);
      case 'sep5x5':
        return separable(g, h, 5, style);
      case 'avgpool3x3':
        return g.avgPool(h, { kernel: 3 });
      case 'maxpool3x3':
        return g.maxPool(h, { kernel: 3 });
    }
  });
}

function conv(g: GraphBuilder, x: NodeId, kernel: number, style: Style): NodeId {
  const y = g.conv2d(g.relu(x), { name: 'conv', out: g.channels(x), kernel });
  return g.batchNorm(y, { name: 'bn', statistics: style.statistics });
}

function separable(g: GraphBuilder, x: NodeId, kernel: number, style: Style): NodeId {
  if (style.separable === 'full') return conv(g, x, kernel, style);
  const out = g.channels(x);
  const depthwise = g.conv2d(g.relu(x), { name: 'depthwise', out, kernel, groups: out });
  const pointwise = g.conv2d(depthwise, { name: 'pointwise', out, kernel: 1 });
  return g.batchNorm(pointwise, { name: 'bn', statistics: style.statistics });
}
