import type { TextBatch } from '../data/text/batches.ts';
import type { Graph } from '../graph/graph.ts';
import { executeOverTime, type OverTime } from '../graph/overTime.ts';
import type { ExecuteOptions } from '../graph/runNode.ts';
import type { Tensor } from '../torch/index.ts';
import { functional as F } from '../torch/index.ts';

export interface TextLossOptions extends Omit<ExecuteOptions, 'outputs'> {
  readonly reduction: 'mean' | 'sum';
  /** Whether the output `hidden` is wanted too. */
  readonly hidden: boolean;
}

/**
 * The cross-entropy of what a recurrent network says comes next. The linear map that its logits come
 * from, if they do, is computed with the loss: over a vocabulary they are by far the largest tensors.
 *
 * @param states before the first time step, as {@link executeOverTime} takes them
 */
export function textLoss(
  graph: Graph,
  { inputs, targets }: TextBatch,
  states: Readonly<Record<string, Tensor>>,
  { reduction, hidden, ...execute }: TextLossOptions,
): { readonly loss: Tensor; readonly hidden?: Tensor; readonly states: OverTime['states'] } {
  const logits = graph.nodes[graph.outputs.logits!]!;
  const isLinear = logits.op === 'linear' && logits.params.length === 1;
  const run = isLinear
    ? { ...graph, outputs: { ...graph.outputs, logits: logits.inputs[0]! } }
    : graph;
  const outputs = hidden ? ['logits', 'hidden'] : ['logits'];
  const over = executeOverTime(run, inputs, states, { ...execute, outputs });
  const last = over.outputs.logits!.flatten(0, 1);
  const target = targets.flatten();
  const loss = isLinear
    ? F.linearCrossEntropy(last, execute.lookup(logits.params[0]!), target, { reduction })
    : F.crossEntropy(last, target, { reduction });
  return { loss, states: over.states, ...(hidden && { hidden: over.outputs.hidden! }) };
}
