import type { Graph, NodeId, State } from './graph.ts';

/**
 * What can be run at once over all time steps: a single node; or, where nodes depend on their own
 * past through a state (a strongly connected component of the graph over time), a recurrence, which
 * has to go step by step.
 */
export interface Stage {
  /** In the order in which they are run at one time step. */
  readonly nodes: readonly NodeId[];
  /** The states inside a recurrence; empty for a single node. */
  readonly states: readonly State[];
  /** Nodes of other stages that this one reads, each once. */
  readonly reads: readonly NodeId[];
}

/**
 * The stages of the live part of a graph, each after those it reads. A node that depends on no state
 * of its own is a stage by itself even if it lies between two recurrences.
 */
export function stagesOf(graph: Graph, live: ReadonlySet<NodeId>): readonly Stage[] {
  const stateOf = new Map(graph.states.map((state) => [state.input, state]));
  const sources = (id: NodeId): readonly NodeId[] => {
    const state = stateOf.get(id);
    return state === undefined ? graph.nodes[id]!.inputs : [state.next];
  };
  const order = [...live].sort((a, b) => a - b);
  return components(order, sources).map((nodes) => {
    const inside = new Set(nodes);
    const recurrent = nodes.length > 1 || sources(nodes[0]!).includes(nodes[0]!);
    const reads = new Set(nodes.flatMap(sources).filter((source) => !inside.has(source)));
    return {
      nodes,
      states: recurrent ? graph.states.filter(({ input }) => inside.has(input)) : [],
      reads: [...reads],
    };
  });
}

/** Strongly connected components, each after those it depends on (Tarjan 1972); sorted inside. */
function components(
  nodes: readonly NodeId[],
  sources: (id: NodeId) => readonly NodeId[],
): NodeId[][] {
  const index = new Map<NodeId, number>();
  const lowest = new Map<NodeId, number>();
  const path: NodeId[] = [];
  const open = new Set<NodeId>();
  const found: NodeId[][] = [];

  const visit = (id: NodeId): void => {
    const own = index.size;
    index.set(id, own);
    path.push(id);
    open.add(id);
    let low = own;
    for (const source of sources(id)) {
      if (!index.has(source)) visit(source);
      if (open.has(source)) low = Math.min(low, lowest.get(source) ?? index.get(source)!);
    }
    lowest.set(id, low);
    if (low !== own) return;
    const component = path.splice(path.indexOf(id));
    for (const member of component) open.delete(member);
    found.push(component.sort((a, b) => a - b));
  };
  for (const id of nodes) if (!index.has(id)) visit(id);
  return found;
}
