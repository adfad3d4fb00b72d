import type { Graph, Parameter } from '../../graph/graph.ts';
import type { TextTask } from '../space.ts';
import { type RecurrentArch, recurrentArch } from './arch.ts';
import { firstOps, type RecurrentOp, recurrentOps } from './decisions.ts';
import { network } from './network.ts';
import { nodeName } from './nodes.ts';
import type { RecurrentOptions } from './options.ts';

/**
 * The child of a search, over the shared parameter names. Its batch norms use the minibatch's own
 * statistics, because the shared parameters belong to no one cell.
 */
export function child(arch: RecurrentArch, task: TextTask, options: RecurrentOptions): Graph {
  return network(arch, task, { ...options, statistics: 'batch' });
}

/** The parameters of every child: those of a few cells that have every edge with every function. */
export function unionParameters(task: TextTask, options: RecurrentOptions): readonly Parameter[] {
  const union = new Map<string, Parameter>();
  for (const op of recurrentOps) {
    for (let distance = 1; distance < options.nodes; distance++) {
      const { parameters } = child(reachingBack(distance, op, options), task, options);
      for (const parameter of parameters) union.set(parameter.name, parameter);
    }
  }
  return [...union.values()];
}

/** The cell in which every node reads the one so many before it, or the first; all have one function. */
function reachingBack(
  distance: number,
  op: RecurrentOp,
  { nodes, firstNode }: RecurrentOptions,
): RecurrentArch {
  const later = Array.from({ length: nodes - 1 }, (_, i) => ({
    from: nodeName(Math.max(1, i + 2 - distance)),
    op,
  }));
  return recurrentArch(firstOps(firstNode).includes(op) ? op : 'tanh', later);
}
