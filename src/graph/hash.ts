import { createHash } from 'node:crypto';
import type { Graph, NodeId } from './graph.ts';
import { liveNodes } from './live.ts';

/**
 * A name for what a graph computes: SHA-256, in hexadecimal, of its executed nodes in a canonical
 * order. Equal for graphs that apply the same operators to the same parameter names in the same
 * pattern, whatever their nodes are called, in whatever order they stand, and whatever dead nodes
 * they have. A recurrent graph's states count by their names, as its outputs do.
 */
export function hash(graph: Graph): string {
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape } of [...graph.parameters, ...graph.buffers]) shapes.set(name, shape);
  const position = new Map<NodeId, number>();
  const lines: unknown[] = [];

  // Outputs and next states in the order of their names, each node when all its inputs are placed.
  const outputs = Object.entries(graph.outputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const live = liveNodes(graph);
  const states = graph.states
    .filter(({ input }) => live.has(input))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const roots = [...outputs.map(([, id]) => id), ...states.map(({ next }) => next)];
  const pending: NodeId[] = roots.reverse();
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
  lines.push(
    states.map(({ name, input, next }) => [name, position.get(input), position.get(next)]),
  );
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}
