import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { handleOf, Tensor } from './tensor.ts';

const maybe = (tensor: Tensor | undefined) => (tensor === undefined ? undefined : handleOf(tensor));

export interface LstmWeights {
  /** [4H, I], the gates in PyTorch's order: input, forget, cell, output. */
  readonly weightIh: Tensor;
  /** [4H, H] */
  readonly weightHh: Tensor;
  readonly biasIh?: Tensor;
  readonly biasHh?: Tensor;
}

const lstmKeys = ['weightIh', 'weightHh', 'biasIh', 'biasHh'] as const;

/** One LSTM step: input [N, I] and state [h, c] of [N, H] → the next [h, c]. */
export function lstmCell(
  input: Tensor,
  [h, c]: readonly [Tensor, Tensor],
  weights: LstmWeights,
): [Tensor, Tensor] {
  const { weightIh, weightHh, biasIh, biasHh } = known('lstmCell', weights, lstmKeys);
  const [nextH, nextC] = native.lstmCell(
    handleOf(input),
    handleOf(h),
    handleOf(c),
    handleOf(weightIh),
    handleOf(weightHh),
    maybe(biasIh),
    maybe(biasHh),
  );
  return [new Tensor(nextH), new Tensor(nextC)];
}

/**
 * An LSTM over all time steps from a zero state, without biases: input [T, N, I] → the hidden states
 * [T, N, H].
 *
 * @param feedback [T, N, T]: the input of step t is input[t] + Σₛ feedback[t, n, s]·hidden[s] over the
 *   earlier steps s < t; I is H then. What it says of s ≥ t is ignored, and it has no gradient.
 */
export function lstm(
  input: Tensor,
  weights: Pick<LstmWeights, 'weightIh' | 'weightHh'>,
  feedback?: Tensor,
): Tensor {
  const { weightIh, weightHh } = known('lstm', weights, ['weightIh', 'weightHh']);
  return new Tensor(
    native.lstm(handleOf(input), handleOf(weightIh), handleOf(weightHh), maybe(feedback)),
  );
}
