import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { isPointwise } from './convolutions.ts';
import { readersOf, rewritten } from './rewritten.ts';

/**
 * The 1×1 convolutions that read a concatenation, or its ReLU, read what is concatenated, where all
 * that read it can: it is then never stored. Those of even and odd pixels that `fuseSubsample` made
 * can too. Their weights stay what they are.
 */
export function fuseConcatConv(graph: Graph): Graph {
  const readers = readersOf(graph);
  /** What is to become of all that read a value, which concatenates others; undefined if one cannot. */
  const readApart = (
    id: NodeId,
    parts: readonly NodeId[],
    relu: boolean,
  ): readonly (readonly [NodeId, GraphNode])[] | undefined => {
    const now: (readonly [NodeId, GraphNode])[] = [];
    for (const reader of readers.get(id)!) {
      if (reader === 'outside') return undefined;
      const node = graph.nodes[reader]!;
      if (node.op === 'relu') {
        const further = readApart(reader, parts, true);
        if (further === undefined) return undefined;
        now.push(...further);
      } else {
        const apart = ofParts(node, parts, relu);
        if (apart === undefined) return undefined;
        now.push([reader, apart]);
      }
    }
    return now;
  };
  const become = new Map<NodeId, GraphNode>();
  for (const [id, { op, inputs }] of graph.nodes.entries()) {
    if (op !== 'concat') continue;
    for (const [reader, node] of readApart(id, inputs, false) ?? []) become.set(reader, node);
  }
  return rewritten(graph, { become });
}

function ofParts(node: GraphNode, inputs: readonly NodeId[], relu: boolean): GraphNode | undefined {
  if (node.op === 'subsampleConv') {
    return { ...node, op: 'concatSubsampleConv', inputs, attrs: { ...node.attrs, relu } };
  }
  if (!isPointwise(node)) return undefined;
  const { out } = node.attrs as { out: number };
  return { ...node, op: relu ? 'reluConcatConv' : 'concatConv', inputs, attrs: { out } };
}
