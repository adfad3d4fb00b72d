import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { rewritten } from './rewritten.ts';

/**
 * Computes once what a graph computes twice: equal operators on equal inputs, such as the ReLU that
 * each of several convolutions takes of one node; and leaves out a ReLU of what is one already.
 * Nodes that draw at random, and those that update running statistics, stay as many as they are.
 */
export function shareNodes(graph: Graph): Graph {
  const instead = new Map<NodeId, NodeId>();
  const known = new Map<string, NodeId>();
  const target = (id: NodeId) => instead.get(id) ?? id;
  for (const [id, node] of graph.nodes.entries()) {
    const inputs = node.inputs.map(target);
    if (node.op === 'relu' && graph.nodes[inputs[0]!]!.op === 'relu') {
      instead.set(id, inputs[0]!);
      continue;
    }
    if (!isFunction(node)) continue;
    const key = JSON.stringify([node.op, inputs, node.params, Object.entries(node.attrs).sort()]);
    const first = known.get(key);
    if (first === undefined) known.set(key, id);
    else instead.set(id, first);
  }
  return rewritten(graph, { instead });
}

/** Whether a node's result depends on its inputs, parameters and attributes alone. */
function isFunction({ op, buffers }: GraphNode): boolean {
  return !['input', 'state', 'dropout', 'dropPath'].includes(op) && buffers.length === 0;
}
