import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { onlyReader, readersOf } from '../passes/rewritten.ts';
import { vocabulary } from '../vocabulary.ts';

/** A part of a graph that other graphs may have too: a chain of nodes with one result. */
export interface Segment {
  /** In order; each but the last is read by the next alone. */
  readonly nodes: readonly NodeId[];
  /** The nodes outside that it reads, each once. */
  readonly inputs: readonly NodeId[];
}

/**
 * The chains of two nodes or more in which nothing can change from one graph to the next but all of it.
 * A chain ends where a choice may enter: before a node of any number of inputs, at a node that draws at
 * random, where a value has several readers, and where the names leave their folder and its neighbours
 * (`layer3/sep5x5/…` for `layer4/…`; `from-node2/sep5x5/1/…` goes on in `from-node2/sep5x5/2/…`).
 * Nodes in no folder are in no chain.
 */
export function segmentsOf(graph: Graph): readonly Segment[] {
  const readers = readersOf(graph);
  const chains = new Map<NodeId, NodeId[]>();
  for (const [id, node] of graph.nodes.entries()) {
    if (!isFixed(node)) continue;
    const [source] = node.inputs as [NodeId];
    const chain = chains.get(source);
    const goesOn =
      chain !== undefined &&
      onlyReader(graph, readers, source)?.id === id &&
      areTogether(graph.nodes[source]!.name, node.name);
    if (goesOn) chains.delete(source);
    chains.set(id, goesOn ? [...chain, id] : [id]);
  }
  return [...chains.values()]
    .filter((nodes) => nodes.length > 1)
    .map((nodes) => ({ nodes, inputs: inputsOf(graph, nodes) }));
}

function isFixed({ op }: GraphNode): boolean {
  const { min, max } = vocabulary[op].inputs;
  return min > 0 && Number.isFinite(max) && op !== 'dropout' && op !== 'dropPath';
}

function areTogether(a: string, b: string): boolean {
  const [one, other] = [folderOf(a), folderOf(b)];
  if (one === '' || other === '') return false;
  const around = folderOf(one);
  return one === other || (around !== '' && around === folderOf(other));
}

const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function inputsOf({ nodes }: Graph, chain: readonly NodeId[]): NodeId[] {
  const inside = new Set(chain);
  const read = chain.flatMap((id) => nodes[id]!.inputs);
  return [...new Set(read)].filter((id) => !inside.has(id));
}
