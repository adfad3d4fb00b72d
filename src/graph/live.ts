import type { Graph, NodeId } from './graph.ts';

/** The nodes that the graph's outputs depend on: those, and no others, are executed. */
export function liveNodes(graph: Pick<Graph, 'nodes' | 'outputs'>): ReadonlySet<NodeId> {
  const live = new Set<NodeId>();
  const pending = Object.values(graph.outputs);
  while (pending.length > 0) {
    const id = pending.pop()!;
    if (live.has(id)) continue;
    live.add(id);
    pending.push(...graph.nodes[id]!.inputs);
  }
  return live;
}

/**
 * Names of the parameters that running the graph reads, in the order of {@link Graph.parameters}:
 * those that a training step of it touches.
 */
export function liveParameters(graph: Graph): readonly string[] {
  const read = new Set<string>();
  for (const id of liveNodes(graph)) {
    for (const name of graph.nodes[id]!.params) read.add(name);
  }
  return graph.parameters.map(({ name }) => name).filter((name) => read.has(name));
}
