import type { Graph } from '../graph.ts';
import type { Segment } from './partition.ts';

/**
 * Equal for segments that compute the same: operators, attributes, names of parameters and running
 * statistics, shapes, and how the nodes read each other and the inputs.
 *
 * @param inputs how each input comes, whatever tells them apart
 */
export function segmentKey(
  { nodes }: Graph,
  segment: Segment,
  inputs: readonly (string | boolean)[],
): string {
  const places = [...segment.inputs, ...segment.nodes];
  const lines = segment.nodes.map((id) => {
    const { op, inputs, params, buffers, attrs, shape } = nodes[id]!;
    const read = inputs.map((input) => places.indexOf(input));
    const sorted = Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
    return [op, read, params, buffers, sorted, shape];
  });
  return JSON.stringify([inputs, segment.inputs.map((id) => nodes[id]!.shape), lines]);
}
