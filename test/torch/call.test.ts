import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';

const x = torch.arange(4);
const values = (result: unknown) => (result as Tensor).tolist();

describe('torch.call', () => {
  it.each([
    ['lists of whole numbers', () => torch.call('aten::roll', x, [1], [0]), [3, 0, 1, 2]],
    ['a list for one number', () => torch.call('aten::roll', x, [1]), [3, 0, 1, 2]],
    ['an overload', () => torch.call('aten::add.Scalar', x, 1), [1, 2, 3, 4]],
    ['another overload', () => torch.call('aten::add.Tensor', x, x), [0, 2, 4, 6]],
    ['an argument past a default', () => torch.call('aten::add.Tensor', x, x, 2), [0, 3, 6, 9]],
    ['a skipped default', () => torch.call('aten::sum', x, undefined), 6],
    ['an optional number', () => torch.call('aten::clamp', x, 1, 2), [1, 1, 2, 2]],
    ['an optional left out', () => torch.call('aten::clamp', x, undefined, 2), [0, 1, 2, 2]],
    ['null for an optional', () => torch.call('aten::clamp', x, null, 2), [0, 1, 2, 2]],
    ['a list of tensors', () => torch.call('aten::cat', [x, x.slice(0, 0, 1)]), [0, 1, 2, 3, 0]],
    [
      'a list of optional tensors',
      () => torch.call('aten::index.Tensor', x, [torch.tensor([3, 1], { dtype: 'int64' })]),
      [3, 1],
    ],
    [
      'a dtype by its name',
      () => torch.call('aten::sum.dim_IntList', x, [0], true, 'float64'),
      [6],
    ],
    ['real numbers', () => torch.call('aten::leaky_relu', torch.tensor([-2, 2]), 0.5), [-1, 2]],
    [
      'a name without namespace refused or found',
      () => torch.call('aten::neg', x),
      [0, -1, -2, -3],
    ],
  ])('takes %s', (_, act, expected) => {
    expect(values(act())).toEqual(expected);
  });

  it('gives tuples and lists as arrays', () => {
    const [max, where] = torch.call(
      'aten::max.dim',
      torch.tensor([
        [1, 3],
        [9, 2],
      ]),
      1,
    ) as Tensor[];
    expect([max!.tolist(), where!.tolist()]).toEqual([
      [3, 9],
      [1, 0],
    ]);
    const parts = torch.call('aten::split.Tensor', x, 3) as Tensor[];
    expect(parts.map((part) => part.tolist())).toEqual([[0, 1, 2], [3]]);
  });

  it('gives numbers, booleans and nothing as they are', () => {
    expect(torch.call('aten::size.int', torch.zeros([2, 5]), 1)).toBe(5);
    expect(torch.call('aten::equal', x, x)).toBe(true);
    expect(torch.call('aten::item', torch.tensor(2.5))).toBe(2.5);
    expect(torch.call('aten::is_floating_point', x)).toBe(false);
  });

  it('works in place, records gradients, and belongs to the scope', () => {
    const y = torch.ones([2], { requiresGrad: true });
    (torch.call('aten::softplus', y) as Tensor).sum().backward();
    expect(y.grad!.tolist()[0 as never]).toBeCloseTo(1 / (1 + Math.exp(-1)), 5);
    const z = torch.zeros([2]);
    torch.call('aten::fill_.Scalar', z, 3);
    expect(z.tolist()).toEqual([3, 3]);
    let inner: Tensor | undefined;
    torch.scope(() => {
      inner = torch.call('aten::neg', x) as Tensor;
    });
    expect(() => inner!.shape).toThrow(/released/);
  });

  it.each([
    [() => torch.call('aten::rolls', x), /^aten::rolls: expected an operator of libtorch/],
    [() => torch.call('', x), /expected an operator of libtorch/],
    [() => torch.call('aten::', x), /expected an operator of libtorch/],
    [() => torch.call('aten::add.Nothing', x, 1), /^aten::add.Nothing: expected an operator/],
    [() => torch.call('aten::roll', 1, [1]), /^aten::roll: self: expected a Tensor, got 1/],
    [() => torch.call('aten::roll', x), /^aten::roll: shifts: expected an array, got nothing/],
    [() => torch.call('aten::roll', x, ['1']), /^aten::roll: shifts: expected a whole number/],
    [() => torch.call('aten::roll', x, [0.5]), /shifts: expected a whole number, got 0.5/],
    [
      () => torch.call('aten::roll', x, [1], [0], 1),
      /^aten::roll: expected at most 3 arguments, got 4/,
    ],
    [() => torch.call('aten::cat', [x, 1]), /^aten::cat: tensors: expected an array of Tensors/],
    [() => torch.call('aten::cat', x), /^aten::cat: tensors: expected an array/],
    [
      () => torch.call('aten::sum.dim_IntList', x, [0], 1),
      /keepdim: expected true or false, got 1/,
    ],
    [() => torch.call('aten::sum', x, 'float'), /dtype: expected one of float32/],
    [() => torch.call('aten::roll', x, [1], [7]), /^aten::roll: Dimension out of range/],
    [
      () => torch.call('aten::matmul', x, torch.arange(3)),
      /^aten::matmul: inconsistent tensor size/,
    ],
    [() => torch.call(5 as never), /^call: operator: expected a string, got 5/],
  ])('refuses %s', (act, message) => {
    expect(act).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
  });

  it('releases what its calls left to the garbage collector', () => {
    // Nothing but torch.call runs here, so it is this that has to give memory back.
    const { bytes } = torch.memory();
    for (let i = 0; i < 1000; i++) torch.call('aten::zeros', [250_000]);
    expect(torch.memory().bytes - bytes).toBeLessThan(700e6);
  });
});
