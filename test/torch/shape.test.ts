import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';

const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const counting = (shape: readonly number[]) => torch.arange(product(shape)).reshape(shape);
const numbers = (tensor: Tensor) => Array.from(tensor.toTypedArray() as BigInt64Array, Number);

/** Runs a property with everything it makes released. */
const property = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void) =>
  fc.assert(
    fc.property(arbitrary, (value) => {
      torch.scope(() => check(value));
    }),
  );

describe('reshape', () => {
  it('keeps the elements in order, there and back', () => {
    const reshapes = sizes.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray(shape, { minLength: shape.length })),
    );
    property(reshapes, ([shape, other]) => {
      const x = counting(shape);
      const reshaped = x.reshape(other);
      expect(reshaped.shape).toEqual(other);
      expect(numbers(reshaped)).toEqual(numbers(x));
      expect(reshaped.reshape(shape).tolist()).toEqual(x.tolist());
    });
  });

  it('works out one size', () => {
    expect(counting([2, 6]).reshape([3, -1]).shape).toEqual([3, 4]);
    expect(counting([2, 6]).view([-1]).shape).toEqual([12]);
    expect(() => counting([2, 6]).reshape([5, -1])).toThrow(
      /reshape: shape '\[5, -1\]' is invalid/,
    );
    expect(() => counting([2, 6]).reshape([-1, -1])).toThrow(/reshape: only one dimension/);
  });

  it('copies where a view cannot be had', () => {
    const x = counting([2, 3]);
    const turned = x.transpose(0, 1);
    expect(turned.reshape([6]).tolist()).toEqual([0, 3, 1, 4, 2, 5]);
    expect(() => turned.view([6])).toThrow(/view: view size is not compatible/);
    x.view([6]).fill_(7);
    expect(x.tolist()).toEqual([
      [7, 7, 7],
      [7, 7, 7],
    ]);
  });
});

describe('permute', () => {
  const permutations = sizes.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
    ),
  );

  it('is undone by the inverse permutation', () => {
    property(permutations, ([shape, order]) => {
      const x = counting(shape);
      const permuted = x.permute(order);
      expect(permuted.shape).toEqual(order.map((dim) => shape[dim]));
      const inverse = order.map((_, dim) => order.indexOf(dim));
      expect(permuted.permute(inverse).tolist()).toEqual(x.tolist());
      expect(permuted.contiguous().tolist()).toEqual(permuted.tolist());
    });
  });

  it('moves each element to where its index goes', () => {
    const x = counting([2, 3, 4]);
    const permuted = x.permute([2, 0, 1]).tolist() as number[][][];
    const values = x.tolist() as number[][][];
    expect(permuted[3]![1]![2]).toBe(values[1]![2]![3]);
    expect(x.transpose(0, -1).shape).toEqual([4, 3, 2]);
  });
});

describe('slice', () => {
  const slices = fc.record({
    size: fc.integer({ min: 0, max: 8 }),
    start: fc.option(fc.integer({ min: -10, max: 10 }), { nil: undefined }),
    end: fc.option(fc.integer({ min: -10, max: 10 }), { nil: undefined }),
    step: fc.integer({ min: 1, max: 4 }),
  });

  it('agrees with slicing an array', () => {
    property(slices, ({ size, start, end, step }) => {
      const expected = Array.from({ length: size }, (_, i) => i)
        .slice(start, end)
        .filter((_, i) => i % step === 0);
      const x = torch.arange(size);
      expect(x.slice(0, start, end, step).tolist()).toEqual(expected);
      expect(x.unsqueeze(0).slice(-1, start, end, step).tolist()).toEqual([expected]);
    });
  });

  it('in parts gives the whole again', () => {
    const cuts = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }));
    property(cuts, ([first, second]) => {
      const x = counting([2, first + second]);
      const parts = [x.narrow(1, 0, first), x.narrow(1, first, second)];
      expect(torch.cat(parts, 1).tolist()).toEqual(x.tolist());
      expect(torch.split(x, [first, second], 1).map(numbers)).toEqual(parts.map(numbers));
    });
  });

  it('is a view', () => {
    const x = torch.arange(6);
    x.slice(0, 1, 6, 2).fill_(0);
    expect(x.tolist()).toEqual([0, 0, 2, 0, 4, 0]);
  });

  it('refuses steps that are not forward', () => {
    expect(() => torch.arange(3).slice(0, 0, 3, -1)).toThrow(/slice: slice step must be positive/);
  });
});

describe('other shapes', () => {
  const x = counting([2, 3]);

  it.each([
    ['flatten', counting([2, 1, 3]).flatten(), [6]],
    ['flatten, from a dimension on', counting([2, 1, 3]).flatten(1), [2, 3]],
    ['flatten, up to a dimension', counting([2, 1, 3]).flatten(0, 1), [2, 3]],
    ['squeeze', counting([1, 2, 1]).squeeze(), [2]],
    ['squeeze, one dimension', counting([1, 2, 1]).squeeze(0), [2, 1]],
    ['squeeze, a dimension that is not 1', counting([1, 2, 1]).squeeze(1), [1, 2, 1]],
    ['unsqueeze', x.unsqueeze(1), [2, 1, 3]],
    ['unsqueeze, from the end', x.unsqueeze(-1), [2, 3, 1]],
    ['expand', torch.zeros([3, 1]).expand([2, 3, 4]), [2, 3, 4]],
    ['expand, −1 leaves a size', torch.zeros([3, 1]).expand([-1, 4]), [3, 4]],
    ['repeat', x.repeat([2, 1, 2]), [2, 2, 6]],
    ['a number', torch.tensor(1), []],
  ])('%s', (_, tensor, shape) => {
    expect(tensor.shape).toEqual(shape);
    expect([tensor.ndim, tensor.numel()]).toEqual([shape.length, product(shape)]);
  });

  it('repeat and expand repeat the elements', () => {
    expect(torch.arange(2).repeat([2, 2]).tolist()).toEqual([
      [0, 1, 0, 1],
      [0, 1, 0, 1],
    ]);
    expect(torch.arange(2).unsqueeze(1).expand([2, 3]).tolist()).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });

  it('flip turns dimensions round', () => {
    expect(x.flip([0]).tolist()).toEqual([
      [3, 4, 5],
      [0, 1, 2],
    ]);
    expect(x.flip([0, 1]).tolist()).toEqual([
      [5, 4, 3],
      [2, 1, 0],
    ]);
  });

  it('cat and stack join', () => {
    const [a, b] = [torch.arange(2), torch.arange(2).add(10)];
    expect(torch.cat([a, b]).tolist()).toEqual([0, 1, 10, 11]);
    expect(torch.stack([a, b]).tolist()).toEqual([
      [0, 1],
      [10, 11],
    ]);
    expect(torch.stack([a, b], -1).tolist()).toEqual([
      [0, 10],
      [1, 11],
    ]);
    expect(() => torch.cat([])).toThrow(/cat: .*expected a non-empty list of Tensors/);
    expect(() => torch.stack([a, x])).toThrow(/stack: stack expects each tensor to be equal size/);
  });

  it('split and chunk take apart, as views', () => {
    const parts = torch.split(torch.arange(5), [2, 3]);
    expect(parts.map(numbers)).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
    expect(torch.chunk(torch.arange(5), 2).map(numbers)).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(torch.chunk(x, 3, 1).map((part) => part.shape)).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
    expect(() => torch.split(torch.arange(5), [2, 2])).toThrow(/split: split_with_sizes expects/);
  });
});

describe('indexing', () => {
  const x = counting([2, 3]);
  const index = (values: readonly (number | readonly number[])[]) =>
    torch.tensor(values, { dtype: 'int64' });

  it('select takes a slice away from its dimension', () => {
    expect(x.select(0, 1).tolist()).toEqual([3, 4, 5]);
    expect(x.select(1, -1).tolist()).toEqual([2, 5]);
    expect(x.select(0, 1).select(0, 2).item()).toBe(5);
  });

  it('indexSelect takes slices in the order of the index', () => {
    expect(x.indexSelect(1, index([2, 0, 2])).tolist()).toEqual([
      [2, 0, 2],
      [5, 3, 5],
    ]);
  });

  it('gather takes one element for each index', () => {
    expect(x.gather(1, index([[2], [0]])).tolist()).toEqual([[2], [3]]);
  });

  it('scatter puts elements at indices, into a copy or in place', () => {
    const source = torch.tensor([[7], [8]], { dtype: 'int64' });
    const expected = [
      [0, 1, 7],
      [8, 4, 5],
    ];
    expect(x.scatter(1, index([[2], [0]]), source).tolist()).toEqual(expected);
    expect(
      x
        .clone()
        .scatter_(1, index([[2], [0]]), source)
        .tolist(),
    ).toEqual(expected);
    expect(x.tolist()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('indexAdd_ adds up where indices repeat', () => {
    const sums = torch.zeros([2]);
    sums.indexAdd_(0, index([1, 1, 0]), torch.tensor([1, 2, 4]));
    expect(sums.tolist()).toEqual([4, 3]);
  });

  it('masks fill and select', () => {
    const mask = x.gt(2);
    expect(x.maskedFill(mask, -1).tolist()).toEqual([
      [0, 1, 2],
      [-1, -1, -1],
    ]);
    expect(x.maskedSelect(mask).tolist()).toEqual([3, 4, 5]);
    expect(torch.where(mask, x, x.neg()).tolist()).toEqual([
      [0, -1, -2],
      [3, 4, 5],
    ]);
  });

  it('oneHot marks each index', () => {
    expect(torch.oneHot(index([2, 0]), 3).tolist()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(() => torch.oneHot(index([3]), 3)).toThrow(/oneHot: Class values must be smaller/);
  });

  it.each([
    [() => x.select(0, 2), /select: select\(\): index 2 out of range/],
    [() => x.select(2, 0), /select: Dimension out of range/],
    [() => x.narrow(0, 1, 2), /narrow: start \(1\) \+ length \(2\) exceeds dimension size \(2\)/],
    [() => x.indexSelect(0, index([2])), /indexSelect: index out of range/],
    [() => x.gather(1, index([[3]])), /gather: index 3 is out of bounds/],
    [
      () => x.clone().scatter_(1, index([[-4]]), index([[1]])),
      /scatter_: index -4 is out of bounds/,
    ],
    [
      () => torch.zeros([2]).indexAdd_(0, index([5]), torch.ones([1])),
      /indexAdd_: index out of range/,
    ],
    [
      () => torch.functional.embedding(torch.ones([2, 2]), index([2])),
      /embedding: index out of range/,
    ],
    [() => x.maskedFill(x, 0), /maskedFill: masked_fill_? only supports boolean masks/],
    [() => x.indexSelect(0, torch.tensor([0.5])), /indexSelect: .*int/i],
  ])('refuses to leave the tensor: %s', (act, message) => {
    expect(act).toThrow(message);
  });
});

describe('copies', () => {
  it('clone and detach: the one copies memory, the other shares it', () => {
    const x = torch.ones([2], { requiresGrad: true });
    const clone = torch.noGrad(() => x.clone());
    const same = x.detach();
    torch.noGrad(() => x.fill_(5));
    expect([clone.tolist(), same.tolist()]).toEqual([
      [1, 1],
      [5, 5],
    ]);
    expect([x.clone().isLeaf, same.requiresGrad]).toEqual([false, false]);
  });

  it('to converts, and shares where nothing changes', () => {
    const x = torch.tensor([1.7, -1.7, 0]);
    expect(x.to({ dtype: 'int64' }).tolist()).toEqual([1, -1, 0]);
    expect(x.to({ dtype: 'bool' }).tolist()).toEqual([true, true, false]);
    expect(x.to({ dtype: 'float64', device: 'cpu' }).dtype).toBe('float64');
    x.to({}).fill_(3);
    x.to({ dtype: 'float32', nonBlocking: true });
    expect(x.tolist()).toEqual([3, 3, 3]);
  });

  it('have the memory format asked for', () => {
    const x = torch.randn([2, 3, 4, 5], { seed: 1 });
    const last = x.contiguous({ memoryFormat: 'channelsLast' });
    expect(last.strides).toEqual([60, 1, 15, 3]);
    expect([last.isContiguous(), last.isContiguous('channelsLast')]).toEqual([false, true]);
    expect(last.tolist()).toEqual(x.tolist());
    expect(x.to({ memoryFormat: 'channelsLast' }).strides).toEqual(last.strides);
    expect(last.to({ dtype: 'float64', memoryFormat: 'preserve' }).strides).toEqual(last.strides);
    expect(last.contiguous().strides).toEqual(x.strides);
    expect(
      torch.functional.conv2d(last, torch.ones([4, 3, 3, 3])).isContiguous('channelsLast'),
    ).toBe(true);
    expect(() => torch.ones([2]).contiguous({ memoryFormat: 'channelsLast' })).toThrow(
      /contiguous: required rank 4 tensor/,
    );
  });
});
