import type { Graph, GraphNode, NodeId } from './graph.ts';
import { isPointwise } from './passes/convolutions.ts';

/**
 * The nodes whose value is read more than once, and by 1×1 convolutions among others, each with the
 * names of the weights by which these read it: `fanOut` makes one pass of what they give to the
 * gradients of the value and the weights.
 */
export function fanOuts(
  graph: Graph,
  live: ReadonlySet<NodeId>,
): ReadonlyMap<NodeId, readonly string[]> {
  const reads = new Map<NodeId, number>();
  const weights = new Map<NodeId, string[]>();
  for (const id of live) {
    const node = graph.nodes[id]!;
    for (const [i, input] of node.inputs.entries()) {
      reads.set(input, (reads.get(input) ?? 0) + 1);
      if (!isPointwiseOfAny(node)) continue;
      const known = weights.get(input) ?? [];
      weights.set(input, known);
      // One weight may stand for all inputs: no part of it belongs to one of them alone.
      const weight = node.params.length === node.inputs.length ? node.params[i]! : undefined;
      if (weight !== undefined && !known.includes(weight)) known.push(weight);
    }
  }
  return new Map([...weights].filter(([id]) => reads.get(id)! > 1));
}

function isPointwiseOfAny(node: GraphNode): boolean {
  if (node.op === 'concatConv' || node.op === 'reluConcatConv') return true;
  return isPointwise(node.op === 'reluConv2d' ? { ...node, op: 'conv2d' } : node);
}
