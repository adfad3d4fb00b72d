import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { liveNodes } from '../live.ts';

/** What a pass wants done to a graph, in the graph's own node numbers. */
export interface Changes {
  /** Nodes that give way to another, whose result stands for theirs. */
  readonly instead?: ReadonlyMap<NodeId, NodeId>;
  /** Nodes that become another operator in the same place; its inputs stand before it. */
  readonly become?: ReadonlyMap<NodeId, GraphNode>;
}

/**
 * The graph with the changes made and without the nodes that nothing reads any more. Its parameters
 * and buffers are the same: what a network owns does not depend on how it is run.
 */
export function rewritten(graph: Graph, { instead, become }: Changes): Graph {
  const target = (id: NodeId): NodeId => {
    const other = instead?.get(id);
    return other === undefined ? id : target(other);
  };
  const nodes = graph.nodes.map((node, id) => {
    const now = become?.get(id) ?? node;
    return { ...now, inputs: now.inputs.map(target) };
  });
  const outputs = Object.entries(graph.outputs).map(([name, id]) => [name, target(id)] as const);
  const states = graph.states.map((state) => ({ ...state, next: target(state.next) }));
  const live = liveNodes({ nodes, outputs: Object.fromEntries(outputs), states });

  const kept = [...live].sort((a, b) => a - b);
  const place = new Map(kept.map((id, i) => [id, i]));
  const at = (id: NodeId) => place.get(id)!;
  return {
    ...graph,
    nodes: kept.map((id) => ({ ...nodes[id]!, inputs: nodes[id]!.inputs.map(at) })),
    outputs: Object.fromEntries(outputs.map(([name, id]) => [name, at(id)])),
    states: states
      .filter(({ input }) => live.has(input))
      .map((state) => ({ ...state, input: at(state.input), next: at(state.next) })),
  };
}

/** Of each node the nodes that read it, once for each time they do; what is given out counts too. */
export function readersOf(graph: Graph): ReadonlyMap<NodeId, readonly (NodeId | 'outside')[]> {
  const readers = new Map<NodeId, (NodeId | 'outside')[]>(graph.nodes.map((_, id) => [id, []]));
  for (const id of liveNodes(graph)) {
    for (const input of graph.nodes[id]!.inputs) readers.get(input)!.push(id);
  }
  for (const id of Object.values(graph.outputs)) readers.get(id)!.push('outside');
  for (const { next } of graph.states) readers.get(next)!.push('outside');
  return readers;
}

/** The node that alone reads this one, once, or undefined. */
export function onlyReader(
  graph: Graph,
  readers: ReadonlyMap<NodeId, readonly (NodeId | 'outside')[]>,
  id: NodeId,
): { readonly id: NodeId; readonly node: GraphNode } | undefined {
  const [first, ...more] = readers.get(id)!;
  if (first === undefined || first === 'outside' || more.length > 0) return undefined;
  return { id: first, node: graph.nodes[first]! };
}
