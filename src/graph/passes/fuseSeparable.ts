import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { isDepthwise, isPointwise } from './convolutions.ts';
import { onlyReader, readersOf, rewritten } from './rewritten.ts';

/**
 * A depthwise convolution and the 1×1 convolution that alone reads it become one operator, for
 * evaluation: what lies between is then never stored. Of use after `fuseInputRelu`, whose ReLU it
 * keeps, and before `foldBatchNorm`, which gives it the bias and the ReLU of the result.
 */
export function fuseSeparable(graph: Graph): Graph {
  const readers = readersOf(graph);
  const become = new Map<NodeId, GraphNode>();
  for (const [id, depthwise] of graph.nodes.entries()) {
    if (!isDepthwise(graph, depthwise)) continue;
    const reader = onlyReader(graph, readers, id);
    if (reader === undefined || !isPointwise(reader.node)) continue;
    const { kernel, stride, padding } = depthwise.attrs as Record<string, number>;
    become.set(reader.id, {
      ...reader.node,
      op: 'separableConv',
      inputs: depthwise.inputs,
      params: [...depthwise.params, ...reader.node.params],
      attrs: {
        out: reader.node.attrs.out!,
        kernel: kernel!,
        stride: stride!,
        padding: padding!,
        inputRelu: depthwise.op === 'reluConv2d',
        bias: false,
        outputRelu: false,
      },
    });
  }
  return rewritten(graph, { become });
}
