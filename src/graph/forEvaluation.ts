import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { Graph } from './graph.ts';
import { evaluated } from './passes/evaluated.ts';
import { type Fold, foldBatchNorm } from './passes/foldBatchNorm.ts';

/** A trained network as it is best evaluated. */
export interface EvaluationNetwork {
  readonly graph: Graph;
  readonly lookup: (name: string) => Tensor;
  /** Releases the parameters that were made for it; those of the network itself are not touched. */
  dispose(): void;
}

/**
 * The network without what only training needs, its batch norms by running statistics folded into the
 * convolutions before them. The folded weights are made here, from what the parameters and statistics
 * now are: it serves for one pass over a split, after which it is to be disposed of. When training
 * goes on, so must the pass after that make its own. To be run with `training: false`; it gives no
 * gradients to what is folded.
 *
 * @param outputs those that will be asked for
 */
export function forEvaluation(
  { graph, lookup }: { readonly graph: Graph; readonly lookup: (name: string) => Tensor },
  outputs: readonly string[],
): EvaluationNetwork {
  const passed = evaluated(graph);
  const wanted = Object.fromEntries(outputs.map((name) => [name, passed.outputs[name]!]));
  const { graph: folded, folds } = foldBatchNorm({ ...passed, outputs: wanted });
  const made = torch.scope(
    () => new Map(torch.noGrad(() => folds.flatMap((fold) => [...parametersOf(fold, lookup)]))),
  );
  return {
    graph: folded,
    lookup: (name) => made.get(name) ?? lookup(name),
    dispose() {
      for (const tensor of made.values()) tensor.dispose();
    },
  };
}

function parametersOf(fold: Fold, lookup: (name: string) => Tensor): [string, Tensor][] {
  return torch.scope(() => {
    const { gamma, beta, runningMean, runningVar, eps, weights, bias } = fold;
    const scale = lookup(gamma).div(lookup(runningVar).add(eps).sqrt());
    const scaled = weights.map(({ from, to, first }): [string, Tensor] => {
      const weight = lookup(from);
      const rows = scale.narrow(0, first, weight.shape[0]!).reshape([-1, 1, 1, 1]);
      return [to, weight.mul(rows)];
    });
    return [...scaled, [bias, lookup(beta).sub(lookup(runningMean).mul(scale))]];
  });
}
