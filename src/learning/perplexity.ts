import type { TextPass } from '../data/text/batches.ts';
import { executeOverTime } from '../graph/overTime.ts';
import type { Shape } from '../graph/shape.ts';
import type { Device } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { functional as F } from '../torch/index.ts';
import type { Network, NetworkAt } from './learner.ts';
import { zeroStates } from './states.ts';

/**
 * Per-token perplexity of a network over pieces of text that follow each other, the states zero at
 * first and carried from piece to piece: exp of the mean cross-entropy over all tokens predicted.
 * Yields after every piece.
 *
 * @param network for all pieces or for each, all with the same states
 * @param states shapes of the network's states by name, without the batch
 */
export function* perplexity(
  network: Network | NetworkAt,
  { columns, pieces, at }: TextPass,
  { device, states: shapes }: { device: Device; states: Readonly<Record<string, Shape>> },
): Generator<undefined, number> {
  let nats = 0;
  let tokens = 0;
  let states = zeroStates(shapes, columns, device);
  try {
    for (const index of pieces.keys()) {
      const { graph, lookup, dtype } = typeof network === 'function' ? network(index) : network;
      const before = states;
      const read = torch.scope(() =>
        torch.noGrad(() => {
          const { inputs, targets } = at(index);
          const run = executeOverTime(graph, inputs, before, {
            lookup,
            dtype,
            training: false,
            outputs: ['logits'],
          });
          const logits = run.outputs.logits!.flatten(0, 1);
          nats += F.crossEntropy(logits, targets.flatten(), { reduction: 'sum' }).item();
          tokens += targets.numel();
          return run.states;
        }),
      );
      states = { ...before, ...read };
      for (const name of Object.keys(read)) before[name]!.dispose();
      yield;
    }
    return Math.exp(nats / tokens);
  } finally {
    for (const state of Object.values(states)) state.dispose();
  }
}
