import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { onlyReader, readersOf, rewritten } from './rewritten.ts';

/** Takes the addition and the ReLU that alone read a batch norm into it. */
export function fuseBatchNorm(graph: Graph): Graph {
  return fuseRelu(fuseAdd(graph));
}

/** batchNorm(x) + y → fusedBatchNorm(x, y) */
function fuseAdd(graph: Graph): Graph {
  const readers = readersOf(graph);
  const become = new Map<NodeId, GraphNode>();
  for (const [id, node] of graph.nodes.entries()) {
    if (node.op !== 'batchNorm') continue;
    const reader = onlyReader(graph, readers, id);
    if (reader?.node.op !== 'add' || reader.node.inputs.length !== 2) continue;
    // Of two batch norms that are added the later one takes in the other's result.
    const other = reader.node.inputs.find((input) => input !== id)!;
    become.set(reader.id, fusedWith(node, [...node.inputs, other], false));
  }
  return rewritten(graph, { become });
}

/** relu(batchNorm(x)) → fusedBatchNorm(x), and the same of one that adds. */
function fuseRelu(graph: Graph): Graph {
  const readers = readersOf(graph);
  const become = new Map<NodeId, GraphNode>();
  for (const [id, node] of graph.nodes.entries()) {
    if (node.op !== 'batchNorm' && node.op !== 'fusedBatchNorm') continue;
    const reader = onlyReader(graph, readers, id);
    if (reader?.node.op === 'relu') become.set(reader.id, fusedWith(node, node.inputs, true));
  }
  return rewritten(graph, { become });
}

function fusedWith(node: GraphNode, inputs: readonly NodeId[], relu: boolean): GraphNode {
  return { ...node, op: 'fusedBatchNorm', inputs, attrs: { ...node.attrs, relu } };
}
