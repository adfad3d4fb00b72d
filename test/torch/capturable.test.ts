import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { functional as F } from '../../src/torch/index.ts';

/** Parameters with gradients, the same at every call. */
function parameters(): { params: Tensor[]; momenta: Tensor[] } {
  const params = [[3, 4], [5]].map((shape, i) => {
    const param = torch.randn(shape, { seed: i, requiresGrad: true });
    param.grad = torch.randn(shape, { seed: 10 + i });
    return param;
  });
  return { params, momenta: params.map((param, i) => torch.randn(param.shape, { seed: 20 + i })) };
}

const scalar = (value: number) => torch.tensor(value);
const numbers = (tensors: readonly Tensor[]) =>
  tensors.flatMap((tensor) => [...tensor.detach().toTypedArray()].map(Number));

describe('sgdStepCapturable', () => {
  const sgd = { momentum: 0.9, weightDecay: 0.01, nesterov: true };

  it('is v ← μ·v + g + wd·w and w ← w − lr·(g + wd·w + μ·v), with the rate of the tensor', () => {
    const { params, momenta } = parameters();
    const lr = scalar(0.5);
    for (const rate of [0.5, 0.125]) {
      const [w, v, g] = [params, momenta, params.map(({ grad }) => grad!)].map(numbers);
      lr.fill_(rate);
      torch.sgdStepCapturable(params, momenta, { lr, skip: scalar(0), ...sgd });
      const moved = w!.map((_, i) => 0.9 * v![i]! + g![i]! + 0.01 * w![i]!);
      numbers(momenta).forEach((value, i) => {
        expect(value).toBeCloseTo(moved[i]!, 5);
      });
      numbers(params).forEach((value, i) => {
        const step = g![i]! + 0.01 * w![i]! + 0.9 * moved[i]!;
        expect(value).toBeCloseTo(w![i]! - rate * step, 5);
      });
    }
  });

  it('moves neither parameters nor momenta where told to skip', () => {
    const { params, momenta } = parameters();
    const before = numbers([...params, ...momenta]);
    torch.sgdStepCapturable(params, momenta, { lr: scalar(1), skip: scalar(1), ...sgd });
    expect(numbers([...params, ...momenta])).toEqual(before);
  });

  it('takes a momentum that this thread flushes to zero for none, on every thread', () => {
    // Made before, the other threads do not flush.
    torch.withThreads(2, () => torch.ones([1_000_000]).exp());
    const param = torch.ones([100_000], { requiresGrad: true });
    param.grad = torch.ones([100_000]);
    const options = { lr: scalar(0.5), skip: scalar(0), momentum: Number.MIN_VALUE };
    torch.setFlushDenormal(true);
    try {
      const momenta = [torch.zeros([100_000])];
      torch.withThreads(2, () => torch.sgdStepCapturable([param], momenta, options));
    } finally {
      torch.setFlushDenormal(false);
    }
    expect(param.sum().item()).toBe(50_000);
  });

  it('refuses parameters without gradient, layouts that differ and rates that are no scalar', () => {
    const { params, momenta } = parameters();
    const options = { lr: scalar(1), skip: scalar(0), ...sgd };
    const step = (own: object = {}) =>
      torch.sgdStepCapturable(params, momenta, { ...options, ...own });
    expect(() => step({ lr: torch.ones([2]) })).toThrow(
      /expected lr and skip to be float32 scalars/,
    );
    expect(() => step({ skip: torch.tensor(1, { dtype: 'int64' }) })).toThrow(/float32 scalars/);
    expect(() => step({ rate: 1 })).toThrow(/sgdStepCapturable: option: expected one of/);
    expect(() => torch.sgdStepCapturable(params, momenta.slice(1), options)).toThrow(
      /momentum buffer for each of 2 parameters, got 1/,
    );
    const turned = [torch.zeros([4, 3]).transpose(0, 1), momenta[1]!];
    expect(() => torch.sgdStepCapturable(params, turned, options)).toThrow(/laid out alike/);
    params[1]!.grad = null;
    expect(() => step()).toThrow(/parameter 1 has no gradient/);
  });
});

describe('withMasks', () => {
  const x = torch.randn([4, 5], { seed: 1 });

  it('has dropout multiply by the mask it is given, and draw as ever where it is given none', () => {
    const mask = torch.tensor([[2], [0], [2], [0]]);
    const seen: unknown[] = [];
    const masked = torch.withMasks(
      (input, p, seed) => {
        seen.push([input === x, p, seed]);
        return mask;
      },
      () => F.dropout(x, { p: 0.5, seed: 7 }),
    );
    expect(masked.tolist()).toEqual(x.mul(mask).tolist());
    expect(seen).toEqual([[true, 0.5, 7]]);
    const drawn = torch.withMasks(
      () => undefined,
      () => F.dropout(x, { p: 0.5, seed: 7 }),
    );
    expect(drawn.tolist()).toEqual(F.dropout(x, { p: 0.5, seed: 7 }).tolist());
  });

  it('ends with the function, an error included, and does not nest', () => {
    const fail = () => {
      throw new Error('inside');
    };
    expect(() => torch.withMasks(() => undefined, fail)).toThrow('inside');
    const nested = () =>
      torch.withMasks(
        () => undefined,
        () => 1,
      );
    expect(() => torch.withMasks(() => undefined, nested)).toThrow(/no other withMasks round it/);
    expect(nested()).toBe(1);
  });
});
