import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Style } from './style.ts';

/** ReLU – convolution – batch norm, which the benchmark calls `nor_conv` (Dong & Yang 2020, section 2.1). */
export function norConv(
  g: GraphBuilder,
  x: NodeId,
  options: { readonly out: number; readonly kernel: number; readonly stride?: number },
  { statistics }: Style,
): NodeId {
  const y = g.conv2d(g.relu(x), { name: 'conv', ...options });
  return g.batchNorm(y, { name: 'bn', statistics });
}
