import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { collectGarbage } from './garbage.ts';

describe('printing', () => {
  it.each([
    [torch.tensor([1, 2.5, -0.333333]), 'tensor([1, 2.5, -0.33333], shape=[3], dtype=float32)'],
    [torch.tensor(4, { dtype: 'float64' }), 'tensor(4, shape=[], dtype=float64)'],
    [torch.tensor([]), 'tensor([], shape=[0], dtype=float32)'],
    [torch.zeros([2, 0]), 'tensor([[],\n        []], shape=[2, 0], dtype=float32)'],
    [torch.tensor([true, false]), 'tensor([true, false], shape=[2], dtype=bool)'],
    [
      torch.tensor([1e10, 1e-10, Number.NaN, Number.POSITIVE_INFINITY]),
      'tensor([10000000000, 1e-10, NaN, Infinity], shape=[4], dtype=float32)',
    ],
    [
      torch.arange(4).reshape([2, 2]),
      'tensor([[0, 1],\n        [2, 3]], shape=[2, 2], dtype=int64)',
    ],
    [
      torch.tensor([[[1], [2]]], { dtype: 'uint8' }),
      'tensor([[[1],\n         [2]]], shape=[1, 2, 1], dtype=uint8)',
    ],
    [torch.tensor([1], { dtype: 'bfloat16' }), 'tensor([1], shape=[1], dtype=bfloat16)'],
  ])('shows values, shape and dtype: %s', (tensor, text) => {
    expect(String(tensor)).toBe(text);
    expect(inspect(tensor)).toBe(text);
  });

  it('shows only the edges of a large tensor', () => {
    expect(String(torch.arange(1001))).toBe(
      'tensor([0, 1, 2, …, 998, 999, 1000], shape=[1001], dtype=int64)',
    );
    expect(String(torch.arange(3000).reshape([3, 1000]))).toBe(
      [
        'tensor([[0, 1, 2, …, 997, 998, 999],',
        '        [1000, 1001, 1002, …, 1997, 1998, 1999],',
        '        [2000, 2001, 2002, …, 2997, 2998, 2999]], shape=[3, 1000], dtype=int64)',
      ].join('\n'),
    );
    const rows = String(torch.arange(1100).reshape([1100, 1])).split('\n');
    expect(rows).toHaveLength(7);
    expect(rows[3]).toBe('        …,');
    expect(rows[6]).toBe('        [1099]], shape=[1100, 1], dtype=int64)');
  });

  it('shows all of a tensor of a thousand elements', () => {
    expect(String(torch.arange(1000))).toContain(' 500, ');
  });

  it('reads out no more than it shows', () => {
    const wide = torch.zeros([1]).expand([2 ** 34]);
    expect(String(wide)).toBe('tensor([0, 0, 0, …, 0, 0, 0], shape=[17179869184], dtype=float32)');
  });

  it('shows dtypes that only libtorch knows', () => {
    const half = torch.call('aten::to.dtype', torch.tensor([0.5, 2]), 5) as torch.Tensor;
    expect(String(half)).toBe('tensor([0.5, 2], shape=[2], dtype=Half)');
  });

  it('never throws, also of a tensor that was released', () => {
    const tensor = torch.ones([2]);
    tensor.dispose();
    expect(inspect({ tensor })).toBe('{ tensor: tensor(released) }');
  });

  it('leaves nothing behind', () => {
    const tensor = torch.arange(2000);
    collectGarbage();
    const { tensors } = collected();
    for (let i = 0; i < 10; i++) String(tensor);
    expect(torch.memory().tensors).toBe(tensors);
  });
});
