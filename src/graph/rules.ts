import type { Attribute, Graph, GraphNode } from './graph.ts';
import type { OpDefinition } from './operator.ts';
import { type OpName, vocabulary } from './vocabulary.ts';

export type AnyAttributes = Readonly<Record<string, Attribute>>;

/** The definition of an operator that only the graph knows; its attributes were checked when it was built. */
export function definitionOf(op: OpName): OpDefinition<AnyAttributes> {
  return vocabulary[op] as unknown as OpDefinition<AnyAttributes>;
}

/** Multiply-adds of one node for one example. */
export function multiplyAddsOf(graph: Pick<Graph, 'nodes'>, node: GraphNode): number {
  const inputs = node.inputs.map((id) => graph.nodes[id]!.shape);
  return definitionOf(node.op).multiplyAdds?.(inputs, node.attrs, node.shape) ?? 0;
}
