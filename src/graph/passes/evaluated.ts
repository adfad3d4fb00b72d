import type { Graph } from '../graph.ts';
import { dropNoise } from './dropNoise.ts';
import { fused } from './fused.ts';
import { fuseSeparable } from './fuseSeparable.ts';

const known = new WeakMap<Graph, Graph>();

/** The graph as it is best run without training and without gradients: {@link fused}, no noise, separable convolutions. */
export function evaluated(graph: Graph): Graph {
  let result = known.get(graph);
  if (result === undefined) {
    result = fuseSeparable(fused(dropNoise(graph)));
    known.set(graph, result);
  }
  return result;
}
