import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { norConv } from './norConv.ts';
import type { Style } from './style.ts';

/**
 * The residual block between two stages: two 3×3 convolutions, the first with stride 2; the shortcut
 * is a 2×2 average pooling with stride 2 and a 1×1 convolution without batch norm (Dong & Yang 2020,
 * section 2.1 and its released code). Where a side is odd, the pooling's window is 3×3, so that both
 * ways come to the same size.
 */
export function reduction(g: GraphBuilder, x: NodeId, out: number, style: Style): NodeId {
  const [, height, width] = g.shape(x);
  const even = height! % 2 === 0 && width! % 2 === 0;
  const halved = g.scope('a', () => norConv(g, x, { out, kernel: 3, stride: 2 }, style));
  const residual = g.scope('b', () => norConv(g, halved, { out, kernel: 3 }, style));
  const shortcut = g.scope('shortcut', () => {
    const window = even ? { kernel: 2, padding: 0 } : { kernel: 3 };
    const pooled = g.avgPool(x, { ...window, stride: 2 });
    return g.conv2d(pooled, { name: 'conv', out, kernel: 1 });
  });
  return g.add([shortcut, residual]);
}
