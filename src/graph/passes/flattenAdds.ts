import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { onlyReader, readersOf, rewritten } from './rewritten.ts';

/**
 * add(add(a, b), c) → add(a, b, c), of an inner addition that nothing else reads and that can be taken
 * in without another order of adding: the first of the outer's inputs, or, a sum being the same either
 * way round, one of two.
 */
export function flattenAdds(graph: Graph): Graph {
  const readers = readersOf(graph);
  const become = new Map<NodeId, GraphNode>();
  const terms = (id: NodeId) => become.get(id)?.inputs ?? graph.nodes[id]!.inputs;
  for (const [id, node] of graph.nodes.entries()) {
    if (node.op !== 'add') continue;
    const isTaken = (input: NodeId) =>
      graph.nodes[input]!.op === 'add' && onlyReader(graph, readers, input)?.id === id;
    const candidates = node.inputs.slice(0, node.inputs.length === 2 ? 2 : 1);
    const inner = candidates.find(isTaken);
    if (inner === undefined) continue;
    const others = node.inputs.filter((input) => input !== inner);
    become.set(id, { ...node, inputs: [...terms(inner), ...others] });
  }
  return rewritten(graph, { become });
}
