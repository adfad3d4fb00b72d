import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { isPointwise } from './convolutions.ts';
import { onlyReader, readersOf, rewritten } from './rewritten.ts';

/**
 * The concatenation of a 1×1 convolution of a value's even pixels and one of its odd pixels, a
 * factorised reduction, becomes one operator: it reads the value and writes its gradient once.
 */
export function fuseSubsample(graph: Graph): Graph {
  const readers = readersOf(graph);
  const isOnlyReadBy = (id: NodeId, reader: NodeId) =>
    onlyReader(graph, readers, id)?.id === reader;

  /** What a concatenated node convolves every second pixel of, from `offset` on. */
  const branch = (id: NodeId, offset: 0 | 1, concat: NodeId): Branch | undefined => {
    const conv = graph.nodes[id]!;
    const pixels = conv.inputs[0]!;
    const subsample = graph.nodes[pixels];
    if (!isPointwise(conv) || subsample?.op !== 'subsample') return undefined;
    if (subsample.attrs.offset !== offset) return undefined;
    if (!isOnlyReadBy(id, concat) || !isOnlyReadBy(pixels, id)) return undefined;
    return { conv, of: subsample.inputs[0]! };
  };

  const become = new Map<NodeId, GraphNode>();
  for (const [id, node] of graph.nodes.entries()) {
    if (node.op !== 'concat' || node.inputs.length !== 2) continue;
    const even = branch(node.inputs[0]!, 0, id);
    const odd = branch(node.inputs[1]!, 1, id);
    if (even === undefined || odd === undefined || even.of !== odd.of) continue;
    become.set(id, {
      ...node,
      op: 'subsampleConv',
      inputs: [even.of],
      params: [...even.conv.params, ...odd.conv.params],
      attrs: { even: even.conv.shape[0]!, odd: odd.conv.shape[0]!, relu: false },
    });
  }
  return rewritten(graph, { become });
}

interface Branch {
  readonly conv: GraphNode;
  readonly of: NodeId;
}
