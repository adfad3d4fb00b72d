import { counts } from '../graph/counts.ts';
import type { Graph } from '../graph/graph.ts';

/** What a network costs, its auxiliary head apart: that one is for training only. */
export interface NetworkCounts {
  /** Trainable numbers, without the auxiliary head. */
  readonly parameters: number;
  readonly auxiliaryParameters: number;
  /** Of one forward pass of one image or token, without the auxiliary head. */
  readonly multiplyAdds: number;
}

export function networkCounts(graph: Graph): NetworkCounts {
  const { parameters, multiplyAdds, parts } = counts(graph);
  const auxiliary = parts.auxiliary ?? { parameters: 0, multiplyAdds: 0 };
  return {
    parameters: parameters - auxiliary.parameters,
    auxiliaryParameters: auxiliary.parameters,
    multiplyAdds: multiplyAdds - auxiliary.multiplyAdds,
  };
}
