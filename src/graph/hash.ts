import { createHash } from 'node:crypto';
import type { Graph, NodeId } from './graph.ts';

/**
 * A name for what a graph computes: SHA-256, in hexadecimal, of its executed nodes in a canonical
 * order. Equal for graphs that apply the same operators to the same parameter names in the same
 * pattern, whatever their nodes are called, in whatever order they stand, and whatever dead nodes
 * they have.
 */
export function hash(graph: Graph): string {
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape } of [...graph.parameters, ...graph.buffers]) shapes.set(name, shape);
  const position = new Map<NodeId, number>();
  const lines: unknown[] = [];

  // Outputs in the order of their names, then each node when all its inputs are placed.
  const outputs = Object.entries(graph.outputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const pending: NodeId[] = outputs.map(([, id]) => id).reverse();
  while (pending.length > 0) {
    const id = pending.at(-1)!;
    const node = graph.nodes[id]!;
    const missing = node.inputs.filter((input) => !position.has(input));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    pending.pop();
    if (position.has(id)) continue;
    position.set(id, lines.length);
    lines.push([
      node.op,
      node.inputs.map((input) => position.get(input)),
      [...node.params, ...node.buffers].map((name) => [name, shapes.get(name)]),
      Object.entries(node.attrs).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
  }
  lines.push(outputs.map(([name, id]) => [name, position.get(id)]));
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}
