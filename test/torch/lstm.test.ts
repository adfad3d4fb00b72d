import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { functional as F } from '../../src/torch/index.ts';

interface Leaves {
  readonly input: Tensor;
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
}

const [steps, n, units] = [6, 3, 4];

function leaves(width: number, dtype: 'float32' | 'float64' = 'float64'): Leaves {
  const drawn = (shape: readonly number[], seed: number) =>
    torch.normal(shape, { std: 0.7, seed, dtype, requiresGrad: true });
  return {
    input: drawn([steps, n, width], 1),
    weightIh: drawn([4 * units, width], 2),
    weightHh: drawn([4 * units, units], 3),
  };
}

/** Step 3 of the second sequence reads steps 0 and 2, step 5 of all reads step 4 or itself later. */
function feedback(dtype: 'float32' | 'float64' = 'float64'): Tensor {
  const shares = Array.from({ length: steps }, () =>
    Array.from({ length: n }, () => new Array<number>(steps).fill(0)),
  );
  shares[3]![1]![0] = 0.5;
  shares[3]![1]![2] = -0.25;
  for (const row of shares[5]!) row[4] = 1;
  shares[5]![2]![1] = 2;
  // Of a step that is not earlier: ignored.
  shares[2]![0]![4] = 7;
  shares[3]![0]![3] = 7;
  return torch.tensor(shares, { dtype });
}

const weightsOf = ({ weightIh, weightHh }: Leaves) => ({ weightIh, weightHh });

/** The same, one lstmCell a step, differentiated by libtorch. */
function stepByStep({ input, weightIh, weightHh }: Leaves, shares?: Tensor): Tensor {
  const zeros = torch.zeros([n, units], { dtype: input.dtype });
  let state: [Tensor, Tensor] = [zeros, zeros];
  const hidden: Tensor[] = [];
  for (let t = 0; t < steps; t++) {
    let x = input.select(0, t);
    for (const [s, earlier] of hidden.entries()) {
      if (shares === undefined) break;
      x = x.add(shares.select(0, t).narrow(1, s, 1).mul(earlier));
    }
    state = F.lstmCell(x, state, { weightIh, weightHh });
    hidden.push(state[0]);
  }
  return torch.stack(hidden);
}

function withGradients(of: Leaves, hidden: Tensor): Record<string, Tensor> {
  const weight = torch.normal(hidden.shape, { seed: 9, dtype: hidden.dtype });
  hidden.mul(weight).sum().backward();
  const gradients = Object.entries(of).map(([name, leaf]) => [name, leaf.grad!] as const);
  return { hidden, ...Object.fromEntries(gradients) };
}

function expectSame(got: Record<string, Tensor>, wanted: Record<string, Tensor>, within: number) {
  for (const [name, tensor] of Object.entries(wanted)) {
    expect(got[name]!.shape, name).toEqual(tensor.shape);
    expect(got[name]!.sub(tensor).abs().max().item(), name).toBeLessThan(within);
    expect(tensor.abs().max().item(), name).toBeGreaterThan(0.01);
  }
}

describe('an LSTM over time', () => {
  it.each([
    ['float64', 1e-12],
    ['float32', 1e-5],
  ] as const)('is its cell step by step, values and gradients, in %s', (dtype, within) => {
    const [own, other] = [leaves(5, dtype), leaves(5, dtype)];
    const got = withGradients(own, F.lstm(own.input, weightsOf(own)));
    expectSame(got, withGradients(other, stepByStep(other)), within);
  });

  it.each([
    ['float64', 1e-12],
    ['float32', 1e-5],
  ] as const)('feeds earlier hidden states back where it is told to, in %s', (dtype, within) => {
    const [own, other] = [leaves(units, dtype), leaves(units, dtype)];
    const got = withGradients(own, F.lstm(own.input, weightsOf(own), feedback(dtype)));
    expectSame(got, withGradients(other, stepByStep(other, feedback(dtype))), within);
  });

  it('takes an input and a gradient in any memory order', () => {
    const [own, other] = [leaves(5), leaves(5)];
    const turned = own.input.transpose(0, 2).contiguous().transpose(0, 2);
    const hidden = F.lstm(turned, weightsOf(own)).transpose(0, 2).contiguous().transpose(0, 2);
    expectSame(withGradients(own, hidden), withGradients(other, stepByStep(other)), 1e-12);
  });

  it('records nothing without gradient, and only what needs one', () => {
    const own = leaves(5);
    expect(torch.noGrad(() => F.lstm(own.input, weightsOf(own))).requiresGrad).toBe(false);
    const constant = own.input.detach();
    F.lstm(constant, weightsOf(own)).sum().backward();
    expect(own.input.grad).toBeNull();
    expect(own.weightHh.grad!.abs().sum().item()).toBeGreaterThan(0);
  });

  it('does not see weights that change between forward and backward', () => {
    const [own, other] = [leaves(5), leaves(5)];
    const hidden = F.lstm(own.input, weightsOf(own));
    torch.noGrad(() => own.weightHh.mul_(3));
    expectSame(withGradients(own, hidden), withGradients(other, stepByStep(other)), 1e-12);
  });

  it('takes one step, and none', () => {
    const own = leaves(5);
    const one = F.lstm(own.input.narrow(0, 0, 1), weightsOf(own));
    expect(
      one
        .sub(stepByStep(own).narrow(0, 0, 1))
        .abs()
        .max()
        .item(),
    ).toBeLessThan(1e-12);
    expect(F.lstm(own.input.narrow(0, 0, 0), weightsOf(own)).shape).toEqual([0, n, units]);
  });

  it('refuses shapes that do not fit', () => {
    const own = leaves(5);
    expect(() => F.lstm(own.input.select(0, 0), weightsOf(own))).toThrow(
      /expected an input \[T, N, I\]/,
    );
    const { weightIh, weightHh } = own;
    expect(() => F.lstm(own.input, { weightIh: weightHh, weightHh })).toThrow(/weightIh \[16, 5\]/);
    expect(() => F.lstm(own.input, { weightIh, weightHh: weightIh })).toThrow(/weightHh \[4H, H\]/);
    expect(() => F.lstm(own.input, { weightIh, weightHh }, feedback())).toThrow(/as wide as/);
    const fed = leaves(units);
    const short = feedback().narrow(0, 0, 2);
    expect(() => F.lstm(fed.input, weightsOf(fed), short)).toThrow(
      /expected a feedback \[6, 3, 6\]/,
    );
  });
});
