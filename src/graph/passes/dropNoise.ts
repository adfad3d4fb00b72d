import type { Graph, NodeId } from '../graph.ts';
import { rewritten } from './rewritten.ts';

/** Leaves out dropout and drop-path, which hand on what they are given when a network does not train. */
export function dropNoise(graph: Graph): Graph {
  const instead = new Map<NodeId, NodeId>();
  for (const [id, { op, inputs }] of graph.nodes.entries()) {
    if (op === 'dropout' || op === 'dropPath') instead.set(id, inputs[0]!);
  }
  return rewritten(graph, { instead });
}
