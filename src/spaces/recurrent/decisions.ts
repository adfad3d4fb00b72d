import { type Activation, activations } from '../../graph/vocabulary/recurrent.ts';
import type { Decision } from '../space.ts';
import { earlierNodes, nodeName } from './nodes.ts';

/** The activation functions of a node. A function's place here is its number in `authors-rnn`. */
export const recurrentOps = activations;

export type RecurrentOp = Activation;

/** Whether node 1's function is chosen, or always tanh. */
export type FirstNode = 'chosen' | 'tanh';

/** The functions that node 1 can have. */
export function firstOps(firstNode: FirstNode): readonly RecurrentOp[] {
  return firstNode === 'tanh' ? ['tanh'] : recurrentOps;
}

/**
 * The controller's decisions: for node 1 its function; for each later node which earlier one it reads,
 * then its function (Pham et al. 2018, section 2.1). 4^N · (N−1)! cells of N nodes.
 */
export function decisions(nodes: number, firstNode: FirstNode): readonly Decision[] {
  const first: Decision = {
    kind: 'op',
    name: 'node1/op',
    options: recurrentOps,
    anchor: nodeName(1),
  };
  const later = Array.from({ length: nodes - 1 }, (_, i): readonly Decision[] => {
    const name = nodeName(i + 2);
    const roots = firstNode === 'tanh' && i === 0 ? { roots: [nodeName(1)] } : {};
    return [
      { kind: 'input', name: `${name}/from`, among: earlierNodes(i + 2), ...roots },
      { kind: 'op', name: `${name}/op`, options: recurrentOps, anchor: name },
    ];
  });
  return firstNode === 'tanh' ? later.flat() : [first, ...later.flat()];
}
