import { unexpected } from '../../errors/check.ts';
import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { liveNodes } from '../live.ts';

/**
 * Several networks over the same parameters as one graph, for evaluation on one batch: what they have
 * in common, such as their stems and first layers, is in it once. Output `logits` of the network at
 * index 3 is `3/logits`. Nodes stand in the order of the networks, so that little more is stored at a
 * time than for one network if neighbours are alike.
 *
 * @param outputs those wanted of each network
 * @throws EnasTorchError ERR_ARGUMENT for a recurrent network, and for one without such an output
 */
export function mergeGraphs(graphs: readonly Graph[], outputs: readonly string[]): Graph {
  const nodes: GraphNode[] = [];
  const known = new Map<string, NodeId>();
  const results: Record<string, NodeId> = {};
  for (const [index, graph] of graphs.entries()) {
    if (graph.states.length > 0) {
      throw unexpected('mergeGraphs', 'graphs without states', `state ${graph.states[0]!.name}`);
    }
    const live = liveNodes(graph, outputs);
    const place = new Map<NodeId, NodeId>();
    for (const [id, node] of graph.nodes.entries()) {
      if (!live.has(id)) continue;
      const inputs = node.inputs.map((input) => place.get(input)!);
      const key = JSON.stringify([node.op, inputs, node.params, node.buffers, node.attrs]);
      let merged = known.get(key);
      if (merged === undefined) {
        merged = nodes.push({ ...node, name: `${index}/${node.name}`, inputs }) - 1;
        known.set(key, merged);
      }
      place.set(id, merged);
    }
    for (const name of outputs) results[`${index}/${name}`] = place.get(graph.outputs[name]!)!;
  }
  return {
    nodes,
    parameters: byName(graphs.flatMap(({ parameters }) => parameters)),
    buffers: byName(graphs.flatMap(({ buffers }) => buffers)),
    states: [],
    outputs: results,
  };
}

function byName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return [...new Map(all.map((one) => [one.name, one])).values()];
}
