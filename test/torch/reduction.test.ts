import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';

type Numbers = number | readonly Numbers[];

/** The same nested arrays of numbers, give or take a rounding to float32. */
const close = (values: Numbers): unknown =>
  typeof values === 'number' ? expect.closeTo(values, 5) : values.map(close);

// Values and gradients of the real-valued reductions are compared with PyTorch's in parity/.

describe('reductions', () => {
  const x = torch.tensor([
    [3, 1, 2],
    [0, 5, 5],
  ]);

  it.each([
    ['sum', x.sum(), 16],
    ['mean', x.mean(), 16 / 6],
    ['max', x.max(), 5],
    ['min', x.min(), 0],
    ['prod', x.add(1).prod(), 864],
    ['norm', x.norm(), 8],
    ['variance', x.variance(), 64 / 15],
    ['variance without correction', x.variance(undefined, { correction: 0 }), 32 / 9],
    ['std', x.std(), Math.sqrt(64 / 15)],
    ['logsumexp', torch.zeros([2, 2]).logsumexp(), Math.log(4)],
    ['argmax', x.argmax(), 4],
    ['argmin', x.argmin(), 3],
  ])('%s over everything', (_, result, value) => {
    expect(result.shape).toEqual([]);
    expect(result.item()).toBeCloseTo(value, 5);
  });

  it.each([
    ['sum', x.sum(0), [3, 6, 7]],
    ['mean', x.mean(1), [2, 10 / 3]],
    ['max', x.max(-1), [3, 5]],
    ['min', x.min([0]), [0, 1, 2]],
    ['argmax', x.argmax(0), [0, 1, 1]],
    ['argmax takes the first of equals', x.argmax(1), [0, 1]],
    ['argmin', x.argmin(1), [1, 0]],
    ['two dimensions', x.sum([0, 1]), 16],
    ['no dimension in the list: everything', x.sum([]), 16],
    ['keepdim', x.sum(1, { keepdim: true }), [[6], [10]]],
    ['argmax, keepdim', x.argmax(1, { keepdim: true }), [[0], [1]]],
    ['std, keepdim', x.slice(0, 0, 1).std(1, { keepdim: true }), [[1]]],
    [
      'cumsum',
      x.cumsum(1),
      [
        [3, 4, 6],
        [0, 5, 10],
      ],
    ],
  ])('along dimensions: %s', (_, result, values) => {
    expect(result.to({ dtype: 'float64' }).tolist()).toEqual(close(values));
  });

  it('all and any', () => {
    expect(x.gt(0).all().item()).toBe(0);
    expect(x.gt(0).any().item()).toBe(1);
    expect(torch.zeros([0]).all().item()).toBe(1);
    expect(torch.zeros([0]).any().item()).toBe(0);
  });

  it('of nothing give the neutral element', () => {
    expect(torch.zeros([0]).sum().item()).toBe(0);
    expect(torch.zeros([0]).prod().item()).toBe(1);
    expect(torch.zeros([0]).mean().item()).toBeNaN();
    expect(torch.zeros([2, 0]).sum(1).tolist()).toEqual([0, 0]);
    expect(() => torch.zeros([0]).max()).toThrow(/max: /);
    expect(() => torch.zeros([0]).argmax()).toThrow(/argmax: /);
  });

  it('share the gradient among equal largest elements', () => {
    const leaf = torch.tensor([1, 4, 4], { requiresGrad: true });
    leaf.max().backward();
    expect(leaf.grad!.tolist()).toEqual([0, 0.5, 0.5]);
  });
});

describe('sorting', () => {
  const x = torch.tensor([
    [3, 1, 2],
    [0, 5, 4],
  ]);

  it('sort gives values and where they were', () => {
    const { values, indices } = torch.sort(x);
    expect(values.tolist()).toEqual([
      [1, 2, 3],
      [0, 4, 5],
    ]);
    expect(indices.tolist()).toEqual([
      [1, 2, 0],
      [0, 2, 1],
    ]);
    expect(torch.sort(x, { dim: 0, descending: true }).values.tolist()).toEqual([
      [3, 5, 4],
      [0, 1, 2],
    ]);
  });

  it('topk gives the k largest or smallest', () => {
    const { values, indices } = torch.topk(x, 2);
    expect(values.tolist()).toEqual([
      [3, 2],
      [5, 4],
    ]);
    expect(indices.tolist()).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(torch.topk(x, 1, { dim: 0, largest: false }).values.tolist()).toEqual([[0, 1, 2]]);
    expect(() => torch.topk(x, 4)).toThrow(/topk: selected index k out of range/);
  });
});
