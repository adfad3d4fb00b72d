import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';

/** Side of the auxiliary head's average pooling, below which it cannot stand. */
export const auxiliaryWindow = 5;

/**
 * A second classifier in the middle of the network, whose loss is added to the network's own in
 * training (the authors' code, after Szegedy et al. 2015): ReLU – average 5×5, stride 3 – conv 1×1 to
 * 128 – batch norm – ReLU – a convolution over the whole of the map (its shorter side, where it is not
 * square) to 768 – batch norm – ReLU – average of each channel – linear.
 */
export function auxiliaryHead(g: GraphBuilder, x: NodeId, classes: number): NodeId {
  const normalised = (y: NodeId, name: string) =>
    g.relu(g.batchNorm(y, { name, statistics: 'running' }));
  return g.part('auxiliary', () =>
    g.scope('auxiliary', () => {
      const pooled = g.avgPool(g.relu(x), { kernel: auxiliaryWindow, stride: 3, padding: 0 });
      const projected = g.conv2d(pooled, { name: 'project', out: 128, kernel: 1 });
      const features = normalised(projected, 'projectBn');
      const [, height, width] = g.shape(features);
      const kernel = Math.min(height!, width!);
      const whole = g.conv2d(features, { name: 'conv', out: 768, kernel, padding: 0 });
      const average = g.globalAvgPool(normalised(whole, 'bn'));
      return g.linear(average, { name: 'linear', out: classes, bias: false });
    }),
  );
}
