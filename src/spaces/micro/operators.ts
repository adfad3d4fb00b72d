import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { factorisedReduction } from '../images/factorisedReduction.ts';
import type { MicroOp } from './decisions.ts';

export interface OperatorOptions {
  /** 2 on the inputs of a reduction cell, else 1. */
  readonly stride: 1 | 2;
  readonly statistics: 'batch' | 'running';
}

/**
 * One of the five operators of a block; none changes the number of channels. With stride 2 each halves
 * height and width, the identity as a factorised reduction (Pham et al. 2018, section 2.4).
 */
export function operator(
  g: GraphBuilder,
  op: MicroOp,
  x: NodeId,
  options: OperatorOptions,
): NodeId {
  const { stride, statistics } = options;
  return g.scope(op, () => {
    switch (op) {
      case 'sep3x3':
        return separableTwice(g, x, 3, options);
      case 'sep5x5':
        return separableTwice(g, x, 5, options);
      case 'avgpool3x3':
        return g.avgPool(x, { kernel: 3, stride });
      case 'maxpool3x3':
        return g.maxPool(x, { kernel: 3, stride });
      case 'identity':
        return stride === 1 ? x : factorisedReduction(g, x, { out: g.channels(x), statistics });
    }
  });
}

/**
 * ReLU – depthwise – pointwise – batch norm, applied twice (Pham et al. 2018, appendix B); a stride is
 * the first one's.
 */
function separableTwice(
  g: GraphBuilder,
  x: NodeId,
  kernel: number,
  { stride, statistics }: OperatorOptions,
): NodeId {
  const out = g.channels(x);
  const once = (y: NodeId, name: string, stride: 1 | 2) =>
    g.scope(name, () => {
      const depthwise = g.conv2d(g.relu(y), {
        name: 'depthwise',
        out,
        kernel,
        stride,
        groups: out,
      });
      const pointwise = g.conv2d(depthwise, { name: 'pointwise', out, kernel: 1 });
      return g.batchNorm(pointwise, { name: 'bn', statistics });
    });
  return once(once(x, '1', stride), '2', 1);
}
