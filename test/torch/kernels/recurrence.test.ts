import { describe, expect, it } from 'vitest';
import type { Recurrence, RecurrenceOperands, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';

const [steps, examples, size] = [4, 3, 5];

/** h ← highway of W·h plus a sequence, carrying h. */
const program: Recurrence = {
  steps,
  operators: [
    { op: 'linear', input: 1, weights: [0, 1] },
    { op: 'add', inputs: [0, 2] },
    { op: 'highway', input: 3, carry: 1, activation: 'tanh' },
  ],
  nexts: [4],
  outputs: [4],
};

function operands(dtype: 'float64' | 'float32' = 'float64'): RecurrenceOperands {
  const draw = (shape: readonly number[], seed: number) => torch.randn(shape, { seed, dtype });
  return {
    sequences: [draw([steps * examples, 2 * size], 1)],
    states: [draw([examples, size], 2)],
    params: [draw([size, size], 3), draw([size, size], 4)],
  };
}

describe('torch.recurrence', () => {
  it('has the gradients that finite differences say', () => {
    torch.scope(() => {
      const given = operands();
      const leaves = [...given.sequences, ...given.states, ...given.params];
      for (const leaf of leaves) leaf.requiresGrad_();
      const loss = () => {
        const { outputs, states } = torch.recurrence(program, given);
        return outputs[0]!.square().mean().add(states[0]!.sum());
      };
      loss().backward();
      for (const leaf of leaves) {
        const flat = leaf.detach().view([-1]);
        const gradient = leaf.grad!.reshape([-1]);
        for (let i = 0; i < flat.numel(); i += 3) {
          const at = (by: number) =>
            torch.scope(() => {
              flat.select(0, i).add_(by);
              const value = torch.noGrad(loss).item();
              flat.select(0, i).sub_(by);
              return value;
            });
          expect(gradient.select(0, i).item()).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 7);
        }
      }
    });
  });

  it('goes back again through a graph that is retained, and adds to the gradients', () => {
    torch.scope(() => {
      const given = operands('float32');
      const [weight] = given.params as [Tensor, Tensor];
      weight.requiresGrad_();
      const loss = torch.recurrence(program, given).outputs[0]!.sum();
      loss.backward(undefined, { retainGraph: true });
      const once = weight.grad!.clone();
      loss.backward();
      expect(weight.grad!.sub(once.mul(2)).abs().max().item()).toBe(0);
    });
  });

  it('needs no gradient of what is not asked for one', () => {
    torch.scope(() => {
      const given = operands();
      given.states[0]!.requiresGrad_();
      torch.recurrence(program, given).states[0]!.sum().backward();
      expect(given.states[0]!.grad!.abs().max().item()).toBeGreaterThan(0);
      expect(given.params[0]!.grad).toBeNull();
    });
  });

  it('has no second derivatives, and says so', () => {
    torch.scope(() => {
      const given = operands();
      given.params[0]!.requiresGrad_();
      const loss = torch.recurrence(program, given).outputs[0]!.sum();
      expect(() => torch.grad([loss], [given.params[0]!], { createGraph: true })).toThrow(
        /first derivatives only/,
      );
    });
  });

  it('takes a mask for each time step and one for all', () => {
    torch.scope(() => {
      const given = operands();
      const one = torch.uniform([examples, size], { seed: 9, dtype: 'float64' });
      const masked = (mask: Tensor) =>
        torch.recurrence(
          {
            steps,
            operators: [{ op: 'mask', input: 0, mask: 0 }],
            nexts: [1],
            outputs: [1],
          },
          { sequences: [], states: given.states, params: [], masks: [mask] },
        ).outputs[0]!;
      const all = masked(one);
      expect(all.tolist()).toEqual(masked(torch.cat(new Array(steps).fill(one), 0)).tolist());
      const last = given.states[0]!.mul(one.pow(torch.tensor(steps, { dtype: 'float64' })));
      expect(
        all
          .narrow(0, (steps - 1) * examples, examples)
          .sub(last)
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-15);
    });
  });
});

describe('torch.recurrence refuses', () => {
  const refused = (
    changes: Partial<Recurrence>,
    message: string | RegExp,
    changed: Partial<RecurrenceOperands> = {},
  ) =>
    torch.scope(() => {
      const run = () => torch.recurrence({ ...program, ...changes }, { ...operands(), ...changed });
      expect(run).toThrow(message);
    });

  it.each([
    ['a slot that is not there yet', [{ op: 'relu', input: 2 }], /expected 0 to 1/],
    ['a slot below zero', [{ op: 'relu', input: -1 }], /expected 0 to 1/],
    [
      'a parameter that is not there',
      [{ op: 'linear', input: 1, weights: [2] }],
      /expected 0 to 1/,
    ],
    ['a mask that is not there', [{ op: 'mask', input: 1, mask: 0 }], /got 0/],
    ['no weight', [{ op: 'linear', input: 1, weights: [] }], /at least one weight/],
    ['a weight of another size', [{ op: 'linear', input: 0, weights: [0] }], /weights \[out/],
    ['nothing to add', [{ op: 'add', inputs: [] }], /at least one input/],
    ['a sum of different sizes', [{ op: 'add', inputs: [0, 1] }], /as many features/],
    ['an odd highway', [{ op: 'highway', input: 1, activation: 'tanh' }], /even number/],
    [
      'a carry of another size',
      [{ op: 'highway', input: 0, carry: 0, activation: 'tanh' }],
      /half/,
    ],
    [
      'a batch norm with matrices',
      [{ op: 'batchNorm', input: 1, weight: 0, bias: 1, training: true, eps: 1, momentum: 0 }],
      /parameters \[features\]/,
    ],
    ['an unknown operator', [{ op: 'fold', input: 1 }], /operator: expected one of/],
    [
      'an unknown activation',
      [{ op: 'highway', input: 0, activation: 'sine' }],
      /activation: expected one of/,
    ],
  ])('%s', (_, operators, message) => {
    refused({ operators: operators as never, nexts: [1], outputs: [] }, message);
  });

  it('a batch norm of bf16 with parameters of two dtypes', () => {
    torch.scope(() => {
      const batchNorm = { input: 0, weight: 0, bias: 1, training: true, eps: 1, momentum: 0 };
      const one: Recurrence = {
        ...{ steps, nexts: [1], outputs: [1] },
        operators: [{ op: 'batchNorm', ...batchNorm }],
      };
      const state = torch.ones([examples, size], { dtype: 'bfloat16' });
      const given = (bias: 'bfloat16' | 'float32') => ({
        ...{ sequences: [], states: [state] },
        params: [torch.ones([size], { dtype: 'bfloat16' }), torch.ones([size], { dtype: bias })],
      });
      expect(() => torch.recurrence(one, given('float32'))).toThrow(/parameters of one dtype/);
      expect(torch.recurrence(one, given('bfloat16')).outputs).toHaveLength(1);
    });
  });

  it('a state without a next value of its size', () => {
    refused({ nexts: [9] }, /state 0: expected the slot of a value of its size/);
    refused({ nexts: [0] }, /state 0/);
    refused({ nexts: [] }, /a next slot for each state/);
  });

  it('an output that is no slot, is a sequence, or is named twice', () => {
    for (const outputs of [[5], [-1], [0], [4, 4]]) refused({ outputs }, /each output once/);
  });

  it('steps that are none, or not those of the sequences', () => {
    refused({ steps: 0 }, 'recurrence: steps: expected an integer of at least 1, got 0');
    refused({ steps: 5 }, /sequence: expected \[15, features\]/);
  });

  it('operands of another dtype, shape or number', () => {
    torch.scope(() => {
      const float = operands('float32');
      refused({}, /state|sequence/, { sequences: float.sequences });
      refused({}, /weights of the sequences' dtype/, { params: float.params });
      refused({}, /at least one state/, { states: [] });
      refused({}, /at least one state/, { states: [torch.zeros([0, size])] });
      refused({}, /at least one state/, { states: [torch.tensor(1)] });
      const whole = torch.zeros([examples, size], { dtype: 'int64' });
      refused({}, /floating-point/, { states: [whole] });
    });
  });
});
