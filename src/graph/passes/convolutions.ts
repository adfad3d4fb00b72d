import type { Graph, GraphNode } from '../graph.ts';

/** A 1×1 convolution of every pixel, of a value that is stored. */
export function isPointwise({ op, attrs }: GraphNode): boolean {
  const { kernel, stride, padding, groups } = attrs;
  return op === 'conv2d' && kernel === 1 && stride === 1 && padding === 0 && groups === 1;
}

/** One filter for each channel, with or without the ReLU of the input. */
export function isDepthwise(graph: Graph, { op, attrs, inputs }: GraphNode): boolean {
  if (op !== 'conv2d' && op !== 'reluConv2d') return false;
  return attrs.groups === graph.nodes[inputs[0]!]!.shape[0] && attrs.groups === attrs.out;
}
