import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';

const numbers = (tensor: Tensor) => Array.from(tensor.toTypedArray() as Float64Array);

describe('broadcasting', () => {
  /** Two shapes that broadcast against each other, and the shape of the result. */
  const broadcastable = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom('both', 'left', 'right')), {
      maxLength: 4,
    })
    .chain((sizes) =>
      fc.record({
        result: fc.constant(sizes.map(([size]) => size)),
        left: fc.constant(sizes.map(([size, in_]) => (in_ === 'right' ? 1 : size))),
        right: fc.constant(sizes.map(([size, in_]) => (in_ === 'left' ? 1 : size))),
        // Leading dimensions may be left out where they would be 1.
        shorter: fc.boolean(),
      }),
    );

  const withoutLeadingOnes = (shape: readonly number[]) => {
    const first = shape.findIndex((size) => size !== 1);
    return first === -1 ? [] : shape.slice(first);
  };

  /** The reference: element by element, by the rule as it is written in NumPy's documentation. */
  function reference(
    [left, right]: readonly (readonly [values: readonly number[], shape: readonly number[]])[],
    result: readonly number[],
    combine: (a: number, b: number) => number,
  ): number[] {
    const at = ([values, shape]: readonly [readonly number[], readonly number[]], i: number) => {
      let rest = i;
      let offset = 0;
      let stride = 1;
      for (let dim = 1; dim <= result.length; dim++) {
        const index = rest % result.at(-dim)!;
        rest = Math.floor(rest / result.at(-dim)!);
        const size = shape.at(-dim) ?? 1;
        offset += (size === 1 ? 0 : index) * stride;
        stride *= size;
      }
      return values[offset]!;
    };
    const count = result.reduce((product, size) => product * size, 1);
    return Array.from({ length: count }, (_, i) => combine(at(left!, i), at(right!, i)));
  }

  it.each([
    ['add', (a: number, b: number) => a + b],
    ['sub', (a: number, b: number) => a - b],
    ['mul', (a: number, b: number) => a * b],
    ['maximum', Math.max],
  ] as const)('%s agrees with a reference on any two shapes that fit', (method, combine) => {
    fc.assert(
      fc.property(broadcastable, fc.nat(), ({ result, left, right, shorter }, seed) => {
        torch.scope(() => {
          const shapes = [left, shorter ? withoutLeadingOnes(right) : right];
          const operands = shapes.map((shape, i) =>
            torch.randn(shape, { dtype: 'float64', seed: 2 * seed + i }),
          );
          const got = operands[0]![method](operands[1]!);
          expect(got.shape).toEqual(result);
          const given = operands.map((operand, i) => [numbers(operand), shapes[i]!] as const);
          expect(numbers(got)).toEqual(reference(given, result, combine));
        });
      }),
    );
  });

  it('refuses shapes that do not fit', () => {
    expect(() => torch.ones([2, 3]).add(torch.ones([4]))).toThrow(
      /add: The size of tensor a \(3\) must match the size of tensor b \(4\)/,
    );
  });

  it('reduces gradients back to the shapes of the operands', () => {
    const row = torch.ones([3], { requiresGrad: true });
    const column = torch.ones([2, 1], { requiresGrad: true });
    row.mul(column).sum().backward();
    expect(row.grad!.tolist()).toEqual([2, 2, 2]);
    expect(column.grad!.tolist()).toEqual([[3], [3]]);
  });
});

describe('dtype promotion', () => {
  const int = torch.tensor([1, 2], { dtype: 'int64' });
  const byte = torch.tensor([1, 2], { dtype: 'uint8' });
  const bool = torch.tensor([true, false]);
  const float = torch.tensor([1.5, 2.5]);
  const double = torch.tensor([1.5, 2.5], { dtype: 'float64' });

  it.each([
    ['int64 + int64', int.add(int), 'int64', [2, 4]],
    ['int64 − int64', int.sub(int), 'int64', [0, 0]],
    ['int64 + 2·int64', int.add(int, { alpha: 2 }), 'int64', [3, 6]],
    ['int64 + 1', int.add(1), 'int64', [2, 3]],
    ['int64 · 2', int.mul(2), 'int64', [2, 4]],
    ['int64 + 0.5', int.add(0.5), 'float32', [1.5, 2.5]],
    ['int64 / 2', int.div(2), 'float32', [0.5, 1]],
    ['int64 / int64', int.div(int), 'float32', [1, 1]],
    ['int64 ** 2', int.pow(2), 'int64', [1, 4]],
    ['int64 % 2', int.remainder(2), 'int64', [1, 0]],
    ['uint8 + uint8', byte.add(byte), 'uint8', [2, 4]],
    ['uint8 + int64', byte.add(int), 'int64', [2, 4]],
    ['uint8 − 3 wraps', byte.sub(3), 'uint8', [254, 255]],
    ['bool + bool', bool.add(bool), 'bool', [true, false]],
    ['bool + 1', bool.add(1), 'int64', [2, 1]],
    ['bool · float32', bool.mul(float), 'float32', [1.5, 0]],
    ['int64 + float32', int.add(float), 'float32', [2.5, 4.5]],
    ['float32 + int64', float.add(int), 'float32', [2.5, 4.5]],
    ['float32 + 1', float.add(1), 'float32', [2.5, 3.5]],
    ['float32 + float64', float.add(double), 'float64', [3, 5]],
    ['float64 of one element, no dimension', float.add(double.select(0, 0)), 'float32', [3, 4]],
    ['maximum of int64 and float32', int.maximum(float), 'float32', [1.5, 2.5]],
    ['exp of int64', int.sub(1).exp().floor(), 'float32', [1, 2]],
    ['bfloat16 + 1', float.to({ dtype: 'bfloat16' }).add(1), 'bfloat16', [2.5, 3.5]],
  ] as const)('%s', (_, result, dtype, values) => {
    expect(result.dtype).toBe(dtype);
    expect(result.tolist()).toEqual(values);
  });

  it.each([
    ['sum of int64', int.sum(), 'int64', 3],
    ['sum of bool', bool.sum(), 'int64', 1],
    ['mean of float32', float.mean(), 'float32', 2],
  ] as const)('%s', (_, result, dtype, value) => {
    expect([result.dtype, result.item()]).toEqual([dtype, value]);
  });

  it('keeps the sign of a negative zero', () => {
    expect(float.div(-0).tolist()).toEqual([-Infinity, -Infinity]);
    expect(Object.is(torch.full([1], -0).tolist()[0 as never], -0)).toBe(true);
    expect(torch.zeros([1]).fill_(-0).toTypedArray()).toEqual(Float32Array.of(-0));
  });

  it('takes numbers beyond 2^53, infinities and NaN as they are', () => {
    expect(double.mul(2 ** 60).tolist()).toEqual([1.5 * 2 ** 60, 2.5 * 2 ** 60]);
    expect(double.add(Number.POSITIVE_INFINITY).tolist()).toEqual([Infinity, Infinity]);
    expect(double.add(Number.NaN).isnan().all().item()).toBe(1);
  });
});

describe('comparisons', () => {
  const x = torch.tensor([1, 2, 3]);
  const y = torch.tensor([3, 2, 1]);
  const results = {
    eq: [false, true, false],
    ne: [true, false, true],
    lt: [true, false, false],
    le: [true, true, false],
    gt: [false, false, true],
    ge: [false, true, true],
  } as const;

  it.each(Object.entries(results))('%s, with a tensor and with a number', (method, values) => {
    const compare = method as keyof typeof results;
    expect(x[compare](y).dtype).toBe('bool');
    expect(x[compare](y).tolist()).toEqual(values);
    expect(x[compare](2).tolist()).toEqual(values);
  });

  it('and the logic of their results', () => {
    const [a, b] = [x.gt(1), x.lt(3)];
    expect(a.logicalAnd(b).tolist()).toEqual([false, true, false]);
    expect(a.logicalOr(b).tolist()).toEqual([true, true, true]);
    expect(a.logicalNot().tolist()).toEqual([true, false, false]);
  });

  it('find NaN and what is not finite', () => {
    const odd = torch.tensor([1, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(odd.isnan().tolist()).toEqual([false, true, false]);
    expect(odd.isfinite().tolist()).toEqual([true, false, false]);
    expect(odd.eq(odd).tolist()).toEqual([true, false, true]);
  });
});

describe('in place', () => {
  const fresh = () => torch.tensor([1, 2, 3]);

  it.each([
    ['add_ a tensor', () => fresh().add_(fresh()), [2, 4, 6]],
    ['add_ a tensor with alpha', () => fresh().add_(fresh(), { alpha: -1 }), [0, 0, 0]],
    ['add_ a number', () => fresh().add_(1), [2, 3, 4]],
    ['add_ a number with alpha', () => fresh().add_(2, { alpha: 3 }), [7, 8, 9]],
    ['sub_ a tensor', () => fresh().sub_(fresh(), { alpha: 2 }), [-1, -2, -3]],
    ['sub_ a number', () => fresh().sub_(1), [0, 1, 2]],
    ['mul_ a tensor', () => fresh().mul_(fresh()), [1, 4, 9]],
    ['mul_ a number', () => fresh().mul_(2), [2, 4, 6]],
    ['div_ a tensor', () => fresh().div_(fresh()), [1, 1, 1]],
    ['div_ a number', () => fresh().div_(2), [0.5, 1, 1.5]],
    ['clamp_', () => fresh().clamp_({ min: 2 }), [2, 2, 3]],
    ['fill_', () => fresh().fill_(4), [4, 4, 4]],
    ['zero_', () => fresh().zero_(), [0, 0, 0]],
    ['copy_, broadcasting', () => fresh().copy_(torch.tensor([7])), [7, 7, 7]],
    ['copy_, converting', () => fresh().copy_(torch.arange(3)), [0, 1, 2]],
  ])('%s', (_, change, values) => {
    expect(change().tolist()).toEqual(values);
  });

  it('gives the tensor itself', () => {
    const x = fresh();
    expect(x.add_(1).mul_(2)).toBe(x);
  });

  it('shows in every view of the same memory', () => {
    const base = torch.zeros([2, 3]);
    base.select(0, 1).add_(torch.tensor([1, 2, 3]));
    base.transpose(0, 1).select(0, 0).fill_(9);
    expect(base.tolist()).toEqual([
      [9, 0, 0],
      [9, 2, 3],
    ]);
  });

  it('works when the operand is the tensor itself or a whole view of it', () => {
    const x = fresh();
    x.add_(x).mul_(x.view([3]));
    expect(x.tolist()).toEqual([4, 16, 36]);
  });

  it('works through a view that is not contiguous', () => {
    const x = torch.arange(6, { dtype: 'float32' }).reshape([2, 3]);
    x.transpose(0, 1).mul_(torch.tensor([10, 100]));
    expect(x.tolist()).toEqual([
      [0, 10, 20],
      [300, 400, 500],
    ]);
  });

  it('refuses overlapping operands and results', () => {
    expect(() => torch.zeros([1]).expand([3]).add_(1)).toThrow(/add_: unsupported operation/);
    const x = torch.arange(4, { dtype: 'float32' });
    expect(() =>
      x
        .slice(0, 1, 4)
        .copy_(x.slice(0, 0, 3))
        .add_(x),
    ).toThrow(/./);
    expect(() => x.slice(0, 1, 4).add_(x.slice(0, 0, 3))).toThrow(/add_: unsupported operation/);
  });

  it('refuses a result that its dtype cannot hold', () => {
    expect(() => torch.arange(2).add_(torch.tensor([0.5, 1]))).toThrow(
      /add_: result type Float can't be cast to the desired output type/,
    );
  });

  it('refuses to change a leaf that requires a gradient', () => {
    const leaf = torch.ones([2], { requiresGrad: true });
    expect(() => leaf.add_(1)).toThrow(/add_: a leaf Variable that requires grad/);
    torch.noGrad(() => leaf.add_(1));
    expect(leaf.tolist()).toEqual([2, 2]);
  });
});
