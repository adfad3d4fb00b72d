import type { Graph } from '../graph.ts';
import { flattenAdds } from './flattenAdds.ts';
import { fuseBatchNorm } from './fuseBatchNorm.ts';
import { fuseConcatConv } from './fuseConcatConv.ts';
import { fuseInputRelu } from './fuseInputRelu.ts';
import { fuseSubsample } from './fuseSubsample.ts';
import { shareNodes } from './shareNodes.ts';

const known = new WeakMap<Graph, Graph>();

/**
 * The graph as it is best run: the same results and gradients, with less computed and less stored. To
 * be counted, drawn, hashed or saved is the graph itself.
 */
export function fused(graph: Graph): Graph {
  let result = known.get(graph);
  if (result === undefined) {
    const apart = fuseConcatConv(fuseSubsample(flattenAdds(fuseBatchNorm(shareNodes(graph)))));
    result = fuseInputRelu(apart);
    known.set(graph, result);
  }
  return result;
}
