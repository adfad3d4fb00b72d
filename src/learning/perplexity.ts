import type { TextPass } from '../data/text/batches.ts';
import type { Shape } from '../graph/shape.ts';
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { Network, NetworkAt } from './learner.ts';
import { zeroStates } from './states.ts';
import { textLoss } from './textLoss.ts';

/**
 * Cross-entropies of a network over pieces of text that follow each other, the states zero at first and
 * carried from piece to piece. Yields after every piece, and reads nothing: on a GPU a read waits for
 * what was launched before.
 *
 * @param network for all pieces or for each, all with the same states
 * @param states shapes of the network's states by name, without the batch
 * @returns float32 [pieces]: of each the sum over its tokens
 */
export function* crossEntropies(
  network: Network | NetworkAt,
  { columns, pieces, at }: TextPass,
  { device, states: shapes }: { device: Device; states: Readonly<Record<string, Shape>> },
): Generator<undefined, Tensor> {
  const sums: Tensor[] = [];
  let states = zeroStates(shapes, columns, device);
  try {
    for (const index of pieces.keys()) {
      const { graph, lookup, dtype } = typeof network === 'function' ? network(index) : network;
      const before = states;
      const run = torch.scope(() =>
        torch.noGrad(() => {
          const { loss: sum, states } = textLoss(graph, at(index), before, {
            lookup,
            dtype,
            training: false,
            reduction: 'sum',
            hidden: false,
          });
          return { sum, states };
        }),
      );
      sums.push(run.sum);
      states = { ...before, ...run.states };
      for (const name of Object.keys(run.states)) before[name]!.dispose();
      yield;
    }
    return torch.stack(sums);
  } finally {
    for (const tensor of [...sums, ...Object.values(states)]) tensor.dispose();
  }
}

/** Per-token perplexity: exp of the mean cross-entropy over all tokens predicted. Yields after every piece. */
export function* perplexity(
  network: Network | NetworkAt,
  pass: TextPass,
  options: { device: Device; states: Readonly<Record<string, Shape>> },
): Generator<undefined, number> {
  const sums = yield* crossEntropies(network, pass, options);
  try {
    return perplexityOf(sums.tolist() as number[], pass);
  } finally {
    sums.dispose();
  }
}

/** @param nats what {@link crossEntropies} gives of a pass, read */
export function perplexityOf(nats: readonly number[], { columns, pieces }: TextPass): number {
  const sum = nats.reduce((total, each) => total + each, 0);
  const tokens = columns * pieces.reduce((total, { length }) => total + length, 0);
  return Math.exp(sum / tokens);
}
