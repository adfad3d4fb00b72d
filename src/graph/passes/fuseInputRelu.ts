import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { isDepthwise, isPointwise } from './convolutions.ts';
import { readersOf, rewritten } from './rewritten.ts';

/**
 * Takes a ReLU into the convolutions that read it, where all that read it can: it is then never
 * stored. Those that can are depthwise, 1×1, 1×1 over several inputs and 1×1 of every second pixel,
 * which are limited by memory.
 */
export function fuseInputRelu(graph: Graph): Graph {
  const readers = readersOf(graph);
  const isRelu = (id: NodeId) => graph.nodes[id]!.op === 'relu';
  const takes = (id: NodeId | 'outside') =>
    id !== 'outside' && takesRelu(graph, graph.nodes[id]!) && graph.nodes[id]!.inputs.every(isRelu);
  // A convolution that reads a ReLU which has to be stored anyway may as well read that.
  const stored = new Set(
    [...graph.nodes.keys()].filter((id) => isRelu(id) && !readers.get(id)!.every(takes)),
  );
  const become = new Map<NodeId, GraphNode>();
  for (const [id, node] of graph.nodes.entries()) {
    if (!takes(id) || node.inputs.some((input) => stored.has(input))) continue;
    const inputs = node.inputs.map((relu) => graph.nodes[relu]!.inputs[0]!);
    become.set(id, { ...withRelu(node), inputs });
  }
  return rewritten(graph, { become });
}

function withRelu(node: GraphNode): GraphNode {
  if (node.op === 'subsampleConv') return { ...node, attrs: { ...node.attrs, relu: true } };
  return { ...node, op: node.op === 'conv2d' ? 'reluConv2d' : 'reluConcatConv' };
}

function takesRelu(graph: Graph, node: GraphNode): boolean {
  if (node.op === 'concatConv' || node.op === 'subsampleConv') return true;
  return node.op === 'conv2d' && (isDepthwise(graph, node) || isPointwise(node));
}
