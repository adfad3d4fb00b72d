import { describe, expect, it } from 'vitest';
import type { DType, TypedArray } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';

const dtypes: readonly DType[] = ['float32', 'float64', 'bfloat16', 'int64', 'uint8', 'bool'];

describe('new tensors', () => {
  it.each([
    [
      'zeros',
      torch.zeros([2, 3]),
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    ['ones', torch.ones([1, 2]), [[1, 1]]],
    ['full', torch.full([2], 2.5), [2.5, 2.5]],
    [
      'eye',
      torch.eye(2),
      [
        [1, 0],
        [0, 1],
      ],
    ],
    ['linspace', torch.linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1]],
    [
      'a tensor of nested arrays',
      torch.tensor([
        [1, 2],
        [3, 4],
      ]),
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['a tensor of one number', torch.tensor(7), 7],
    ['an empty tensor', torch.tensor([]), []],
    ['a tensor of empty rows', torch.tensor([[], []]), [[], []]],
  ])('%s are float32 by default', (_, tensor, values) => {
    expect(tensor.dtype).toBe('float32');
    expect(tensor.tolist()).toEqual(values);
    expect([tensor.device, tensor.requiresGrad]).toEqual(['cpu', false]);
  });

  it.each([
    ['one end', torch.arange(3), [0, 1, 2]],
    ['two ends', torch.arange(2, 5), [2, 3, 4]],
    ['a step', torch.arange(0, 7, 3), [0, 3, 6]],
    ['a step back', torch.arange(3, 0, -1), [3, 2, 1]],
  ])('arange with %s is int64', (_, tensor, values) => {
    expect(tensor.dtype).toBe('int64');
    expect(tensor.tolist()).toEqual(values);
  });

  it('arange with a fraction is float32, and takes a dtype in either form', () => {
    expect(torch.arange(0, 1, 0.5).dtype).toBe('float32');
    expect(torch.arange(0, 1, 0.25).tolist()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(torch.arange(2, { dtype: 'float64' }).dtype).toBe('float64');
    expect(torch.arange(0, 2, 1, { dtype: 'float32' }).dtype).toBe('float32');
  });

  it.each(dtypes)('have the dtype %s when asked', (dtype) => {
    expect(torch.zeros([2], { dtype }).dtype).toBe(dtype);
    expect(torch.ones([2], { dtype }).to({ dtype: 'float32' }).tolist()).toEqual([1, 1]);
    expect(torch.empty([2, 2], { dtype }).shape).toEqual([2, 2]);
    expect(torch.full([1], 1, { dtype }).dtype).toBe(dtype);
    expect(torch.tensor([0, 1], { dtype }).to({ dtype: 'int64' }).tolist()).toEqual([0, 1]);
  });

  it('are like another tensor in shape, dtype and layout', () => {
    const like = torch.ones([2, 3, 4, 5], { dtype: 'float64' });
    const last = like.contiguous({ memoryFormat: 'channelsLast' });
    expect(torch.zerosLike(like).tolist()).toEqual(like.mul(0).tolist());
    expect(torch.zerosLike(last).strides).toEqual(last.strides);
    expect([torch.emptyLike(like).shape, torch.emptyLike(like).dtype]).toEqual([
      [2, 3, 4, 5],
      'float64',
    ]);
  });

  it('are leaves that require a gradient when asked', () => {
    for (const make of [
      () => torch.zeros([1], { requiresGrad: true }),
      () => torch.ones([1], { requiresGrad: true }),
      () => torch.empty([1], { requiresGrad: true }),
      () => torch.full([1], 2, { requiresGrad: true }),
      () => torch.eye(1, { requiresGrad: true }),
      () => torch.linspace(0, 1, 2, { requiresGrad: true }),
      () => torch.arange(2, { dtype: 'float32', requiresGrad: true }),
      () => torch.tensor([1], { requiresGrad: true }),
      () => torch.rand([1], { requiresGrad: true }),
      () => torch.uniform([1], { requiresGrad: true }),
    ]) {
      const tensor = make();
      expect([tensor.requiresGrad, tensor.isLeaf], String(make)).toEqual([true, true]);
    }
  });

  it('of booleans are bool', () => {
    const tensor = torch.tensor([[true], [false]]);
    expect(tensor.dtype).toBe('bool');
    expect(tensor.tolist()).toEqual([[true], [false]]);
  });

  it('take whole numbers up to 2^53 as int64', () => {
    const large = Number.MAX_SAFE_INTEGER;
    expect(torch.tensor([large, -large], { dtype: 'int64' }).tolist()).toEqual([large, -large]);
    expect(torch.tensor(large, { dtype: 'int64' }).item()).toBe(large);
  });

  it.each([
    [() => torch.tensor([[1, 2], [3]]), /tensor: data: expected 2 elements in each array/],
    [() => torch.tensor([[1], 2] as never), /tensor: data: expected nested arrays of numbers/],
    [() => torch.tensor([1, [2]] as never), /tensor: data: expected a number/],
    [() => torch.tensor(['a'] as never), /tensor: data: expected nested arrays .*got "a"/],
    [() => torch.tensor(null as never), /tensor: data: expected nested arrays .*got null/],
    [() => torch.tensor(undefined as never), /tensor: data: .*got undefined/],
    [() => torch.tensor([1.5], { dtype: 'int64' }), /tensor: data: expected whole numbers/],
    [
      () => torch.tensor([Number.NaN], { dtype: 'int64' }),
      /expected whole numbers for dtype int64/,
    ],
  ])('of data that is no array of numbers: %s', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('typed arrays', () => {
  const arrays: readonly [DType, TypedArray][] = [
    ['float32', Float32Array.of(1.5, -2, 0)],
    ['float64', Float64Array.of(Math.PI, -2, 0)],
    ['int64', BigInt64Array.of(2n ** 62n, -2n, 0n)],
    ['uint8', Uint8Array.of(255, 2, 0)],
  ];

  it.each(arrays)('of %s come in and go out unchanged', (dtype, array) => {
    for (const tensor of [torch.fromTypedArray(array), torch.tensor(array)]) {
      expect([tensor.dtype, tensor.shape]).toEqual([dtype, [3]]);
      expect(tensor.toTypedArray()).toEqual(array);
    }
  });

  it('are copied', () => {
    const array = Float32Array.of(1, 2);
    const tensor = torch.fromTypedArray(array);
    array[0] = 9;
    expect(tensor.tolist()).toEqual([1, 2]);
    (tensor.toTypedArray() as Float32Array)[1] = 9;
    expect(tensor.tolist()).toEqual([1, 2]);
  });

  it('may be a part of a larger buffer', () => {
    const part = new Float32Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer, 8, 4);
    expect(torch.fromTypedArray(part, [2, 2]).tolist()).toEqual([
      [2, 3],
      [4, 5],
    ]);
    expect(torch.fromTypedArray(part.subarray(1, 3)).tolist()).toEqual([3, 4]);
  });

  it('are converted to the dtype asked for', () => {
    const tensor = torch.fromTypedArray(Uint8Array.of(0, 2, 255), [3], { dtype: 'float32' });
    expect([tensor.dtype, tensor.tolist()]).toEqual(['float32', [0, 2, 255]]);
    expect(torch.tensor(Float64Array.of(0, 3), { dtype: 'bool' }).tolist()).toEqual([false, true]);
  });

  it('of bfloat16 come out as float32, rounded to its 8 bits', () => {
    const tensor = torch.tensor([1, 1.00390625, 3.14159274], { dtype: 'bfloat16' });
    expect(tensor.toTypedArray()).toEqual(Float32Array.of(1, 1, 3.140625));
    expect(tensor.tolist()).toEqual([1, 1, 3.140625]);
    expect(tensor.select(0, 2).item()).toBe(3.140625);
  });

  it('of bool come out as bytes', () => {
    expect(torch.tensor([true, false]).toTypedArray()).toEqual(Uint8Array.of(1, 0));
  });

  it('of strided views come out in row-major order', () => {
    const matrix = torch.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(matrix.transpose(0, 1).toTypedArray()).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6));
    expect(matrix.slice(1, 0, 3, 2).toTypedArray()).toEqual(Float32Array.of(1, 3, 4, 6));
    expect(torch.tensor([5]).expand([3]).toTypedArray()).toEqual(Float32Array.of(5, 5, 5));
  });

  it('of nothing are empty', () => {
    expect(torch.zeros([0, 3]).toTypedArray()).toEqual(new Float32Array(0));
    expect(torch.zeros([2, 0]).tolist()).toEqual([[], []]);
    expect(torch.fromTypedArray(new BigInt64Array(0)).shape).toEqual([0]);
  });

  it('are not to be had of a dtype that only libtorch knows', () => {
    const half = torch.call('aten::to.dtype', torch.ones([1]), 5) as torch.Tensor;
    expect(() => half.toTypedArray()).toThrow(
      /toTypedArray: dtype: expected one of this package, got "Half"; convert it with to\(\)/,
    );
    expect(half.to({ dtype: 'float32' }).tolist()).toEqual([1]);
  });

  it('must fit the shape', () => {
    expect(() => torch.fromTypedArray(Float32Array.of(1, 2), [3])).toThrow(
      /fromTypedArray: shape \[3\] of float32 takes 12 bytes, the data has 8/,
    );
  });

  it('of other kinds are refused', () => {
    expect(() => torch.fromTypedArray(Int16Array.of(1) as never)).toThrow(
      /fromTypedArray: array: expected a Float32Array, .* got an object of type Int16Array/,
    );
    expect(() => torch.fromTypedArray([1, 2] as never)).toThrow(/fromTypedArray: array/);
  });
});

describe('asStrided', () => {
  const flat = torch.arange(12, { dtype: 'float32' });

  it('looks into memory with strides of its own', () => {
    const view = torch.asStrided(flat, [2, 3], [1, 2], 4);
    expect(view.tolist()).toEqual([
      [4, 6, 8],
      [5, 7, 9],
    ]);
    expect(view.strides).toEqual([1, 2]);
  });

  it.each([
    [[2, 3], [6, 2], 4],
    [[100], [1], 0],
    [[2], [-1], 1],
    [[2], [1], -1],
  ])('refuses to leave it: shape %o, strides %o, offset %d', (shape, strides, offset) => {
    expect(() => torch.asStrided(flat, shape, strides, offset)).toThrow(/asStrided/);
  });
});
