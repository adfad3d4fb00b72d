import { checkOneOf } from '../errors/check.ts';
import type { Graph, NodeId } from './graph.ts';

/**
 * The nodes that these outputs of a graph (all of them by default) depend on, over however many time
 * steps: those, and no others, are executed. Where a state is read, its next value is one of them.
 *
 * @throws EnasTorchError ERR_ARGUMENT for an output that the graph does not have
 */
export function liveNodes(
  graph: Pick<Graph, 'nodes' | 'outputs' | 'states'>,
  outputs: readonly string[] = Object.keys(graph.outputs),
): ReadonlySet<NodeId> {
  const next = new Map(graph.states.map((state) => [state.input, state.next]));
  const live = new Set<NodeId>();
  const pending = outputs.map((name) => graph.outputs[outputName(graph, name)]!);
  while (pending.length > 0) {
    const id = pending.pop()!;
    if (live.has(id)) continue;
    live.add(id);
    pending.push(...graph.nodes[id]!.inputs);
    if (next.has(id)) pending.push(next.get(id)!);
  }
  return live;
}

function outputName({ outputs }: Pick<Graph, 'outputs'>, name: string): string {
  return checkOneOf('graph output', name, Object.keys(outputs));
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
