import { checkInteger, checkOneOf } from '../errors/check.ts';
import { native } from './addon.ts';
import { handlesOf, Tensor } from './tensor.ts';

/**
 * A value at each time step, [N, F], by number: first the sequences, then the states, then what each
 * operator gives, in order.
 */
export type Slot = number;

/** A function of the highway unit. */
export type RecurrenceActivation = 'tanh' | 'relu' | 'identity' | 'sigmoid';

/** What is done at a time step, to values [N, F]; `weight` and the like are indices of parameters. */
export type RecurrenceOperator =
  /** x·Wᵀ for weights [out, F] that stand one below the other in W. */
  | { readonly op: 'linear'; readonly input: Slot; readonly weights: readonly number[] }
  | { readonly op: 'add' | 'mean'; readonly inputs: readonly Slot[] }
  /** From z = [z(c) | z(h)], with c = σ(z(c)): c ⊗ f(z(h)), and with a carry + (1 − c) ⊗ carry. */
  | {
      readonly op: 'highway';
      readonly input: Slot;
      readonly carry?: Slot;
      readonly activation: RecurrenceActivation;
    }
  /** Times a factor, by its index. */
  | { readonly op: 'mask'; readonly input: Slot; readonly mask: number }
  | { readonly op: 'relu'; readonly input: Slot }
  /** Over the N examples of the time step; `running` is the mean and the variance. */
  | {
      readonly op: 'batchNorm';
      readonly input: Slot;
      readonly weight: number;
      readonly bias: number;
      readonly running?: readonly [mean: number, variance: number];
      readonly training: boolean;
      readonly momentum: number;
      readonly eps: number;
    };

/** A loop over time steps, as data. */
export interface Recurrence {
  /** T */
  readonly steps: number;
  readonly operators: readonly RecurrenceOperator[];
  /** For each state the slot that it takes its next value from. */
  readonly nexts: readonly Slot[];
  /** Slots whose values over all time steps are wanted, none of them a sequence, each once. */
  readonly outputs: readonly Slot[];
}

/** What a recurrence reads. */
export interface RecurrenceOperands {
  /** [T·N, F] each, a time step after the other. */
  readonly sequences: readonly Tensor[];
  /** Before the first time step, [N, F] each; at least one. */
  readonly states: readonly Tensor[];
  /** Of the states' dtype; where that is bfloat16, weights may be float32 and are rounded here. */
  readonly params: readonly Tensor[];
  /** Factors, without gradient: [N, F] for all time steps, or [T·N, F]. */
  readonly masks?: readonly Tensor[];
}

/**
 * Runs a recurrence over all its time steps in one call, and as one node of the autograd graph back
 * through them, with one product over all time steps for each weight's gradient. First derivatives
 * only.
 *
 * @returns the outputs [T·N, F], and the states after the last time step [N, F]
 * @throws EnasTorchError ERR_TORCH for a program that does not fit together, or not its operands
 */
export function recurrence(
  { steps, operators, nexts, outputs }: Recurrence,
  { sequences, states, params, masks = [] }: RecurrenceOperands,
): { outputs: Tensor[]; states: Tensor[] } {
  checkInteger('recurrence: steps', steps, 1);
  const results = native.recurrence(
    steps,
    operators.flatMap(encoded),
    operators.flatMap((operator) =>
      operator.op === 'batchNorm' ? [operator.eps, operator.momentum] : [0, 0],
    ),
    nexts,
    outputs,
    handlesOf(sequences),
    handlesOf(states),
    handlesOf(params),
    handlesOf(masks),
  );
  const tensors = results.map((handle) => new Tensor(handle));
  return { outputs: tensors.slice(0, outputs.length), states: tensors.slice(outputs.length) };
}

// In the order of their numbers in native/kernels/recurrence/program.h.
const kinds = ['linear', 'add', 'mean', 'highway', 'mask', 'relu', 'batchNorm'] as const;
const activations = ['tanh', 'relu', 'identity', 'sigmoid'] as const;

/** Kind, flag, count and inputs, count and parameters. */
function encoded(operator: RecurrenceOperator): number[] {
  checkOneOf('recurrence: operator', operator.op, kinds);
  const code = (flag: number, inputs: readonly number[], params: readonly number[]) => [
    kinds.indexOf(operator.op),
    flag,
    inputs.length,
    ...inputs,
    params.length,
    ...params,
  ];
  switch (operator.op) {
    case 'linear':
      return code(0, [operator.input], operator.weights);
    case 'add':
    case 'mean':
      return code(0, operator.inputs, []);
    case 'highway': {
      const { input, carry, activation } = operator;
      checkOneOf('recurrence: activation', activation, activations);
      const inputs = carry === undefined ? [input] : [input, carry];
      return code(activations.indexOf(activation), inputs, []);
    }
    case 'mask':
      return code(0, [operator.input], [operator.mask]);
    case 'relu':
      return code(0, [operator.input], []);
    case 'batchNorm': {
      const { input, weight, bias, running = [], training } = operator;
      return code(training ? 1 : 0, [input], [weight, bias, ...running]);
    }
  }
}
