import type { Graph, GraphNode, NodeId } from './graph.ts';
import { isPointwise } from './passes/convolutions.ts';

/**
 * The nodes whose value is read more than once, and by a 1×1 convolution among others: `fanOut` makes
 * one pass of what these give to its gradient.
 */
export function fanOuts(graph: Graph, live: ReadonlySet<NodeId>): ReadonlySet<NodeId> {
  const read = new Set<NodeId>();
  const again = new Set<NodeId>();
  const byPointwise = new Set<NodeId>();
  for (const id of live) {
    const node = graph.nodes[id]!;
    for (const input of node.inputs) {
      if (read.has(input)) again.add(input);
      read.add(input);
      if (isPointwiseOfAny(node)) byPointwise.add(input);
    }
  }
  return new Set([...byPointwise].filter((id) => again.has(id)));
}

function isPointwiseOfAny(node: GraphNode): boolean {
  if (node.op === 'concatConv' || node.op === 'reluConcatConv') return true;
  return isPointwise(node.op === 'reluConv2d' ? { ...node, op: 'conv2d' } : node);
}
