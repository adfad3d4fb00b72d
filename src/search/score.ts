import type { ImageBatch } from '../data/batches.ts';
import { execute } from '../graph/execute.ts';
import type { Graph } from '../graph/graph.ts';
import * as torch from '../torch/index.ts';
import type { SharedParameters } from './sharedParameters.ts';

/** How many of a batch's images a graph under the shared parameters classifies rightly. */
export function correct(graph: Graph, shared: SharedParameters, batch: ImageBatch): number {
  return torch.scope(() =>
    torch.noGrad(() => {
      const { logits } = execute(graph, batch.images, { lookup: shared.lookup, training: false });
      return logits!.argmax(1).eq(batch.labels).sum().item();
    }),
  );
}
