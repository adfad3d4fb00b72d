import { afterEach, describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { type DType, functional as F, type Tensor } from '../../../src/torch/index.ts';
import { levels, widest } from '../simdLevels.ts';

afterEach(() => torch.setSimd(widest));

let seed = 0;
const random = (shape: readonly number[]) => torch.randn(shape, { seed: ++seed });
const channelsLast = (x: Tensor) => x.contiguous({ memoryFormat: 'channelsLast' });

interface Case {
  readonly batch?: number;
  readonly channels: number;
  readonly out?: number;
  readonly size?: readonly [number, number];
  readonly kernel?: number;
  readonly stride?: number;
  readonly padding?: number | readonly [number, number];
  readonly inputRelu?: boolean;
  readonly relu?: boolean;
  readonly biased?: boolean;
  readonly dtype?: DType;
  readonly weightDtype?: DType;
}

const named = (one: Case) => JSON.stringify(one).replaceAll(/["{}]/g, '');

interface Made {
  readonly x: Tensor;
  readonly depthwise: Tensor;
  readonly pointwise: Tensor;
  readonly bias: Tensor | undefined;
}

function make(one: Case): Made {
  const { batch = 1, channels, out = 36, size = [9, 13], kernel = 3, dtype = 'float32' } = one;
  const weight = { dtype: one.weightDtype ?? 'float32' };
  return {
    x: channelsLast(random([batch, channels, ...size]).to({ dtype })),
    depthwise: random([channels, 1, kernel, kernel]).to(weight),
    pointwise: random([out, channels, 1, 1]).to(weight),
    bias: one.biased ? random([out]) : undefined,
  };
}

function separable({ x, depthwise, pointwise, bias }: Made, one: Case): Tensor {
  const { stride = 1, padding = 0, inputRelu = false, relu = false } = one;
  const options = { stride, padding, inputRelu, relu, ...(bias && { bias }) };
  return F.separableConv2d(x, depthwise, pointwise, options);
}

/** The two convolutions, each with its own result. */
function steps({ x, depthwise, pointwise, bias }: Made, one: Case): Tensor {
  const { stride = 1, padding = 0, inputRelu = false, relu = false, channels } = one;
  const middle = F.conv2d(x, depthwise, { stride, padding, groups: channels, inputRelu });
  return F.conv2d(middle, pointwise, { relu, ...(bias && { bias }) });
}

/** The same by libtorch in float64; weights are in the input's dtype. */
function exact(made: Made, one: Case): Tensor {
  const { stride = 1, padding = 0, channels } = one;
  const double = (of: Tensor) => of.to({ dtype: 'float64' });
  const weight = (of: Tensor) => double(of.to({ dtype: made.x.dtype }));
  const x = double(made.x);
  const groups = { stride, padding, groups: channels };
  const middle = F.conv2d(one.inputRelu ? x.relu() : x, weight(made.depthwise), groups);
  const product = F.conv2d(middle, weight(made.pointwise));
  const y = made.bias ? product.add(double(made.bias).reshape([-1, 1, 1])) : product;
  return one.relu ? y.relu() : y;
}

function apart(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [a, b].map((of) => of.detach().to({ dtype: 'float64' }));
  return x!.sub(y!).abs().max().item() / Math.max(1e-3, y!.abs().max().item());
}

function check(one: Case): void {
  torch.scope(() =>
    torch.noGrad(() => {
      const made = make(one);
      const y = separable(made, one);
      expect(y.dtype).toBe(made.x.dtype);
      expect(y.isContiguous('channelsLast')).toBe(true);
      // bf16 rounds what lies between, and the result.
      const off = made.x.dtype === 'bfloat16' ? 2 ** -7 : 5e-6;
      expect(apart(y, exact(made, one)), named(one)).toBeLessThan(off);
      expect(apart(y, steps(made, one)), named(one)).toBeLessThan(off);
    }),
  );
}

const dtypes: readonly (readonly [DType, DType])[] = [
  ['float32', 'float32'],
  ['bfloat16', 'float32'],
  ['bfloat16', 'bfloat16'],
];

describe.each(levels)('a separable convolution with vectors of %s', (level) => {
  for (const [dtype, weightDtype] of dtypes) {
    it(`is what its two convolutions are, ${dtype}, weights ${weightDtype}`, () => {
      torch.setSimd(level);
      for (const channels of [20, 36, 40, 7]) {
        for (const kernel of [3, 5]) {
          for (const stride of [1, 2]) {
            for (const batch of [1, 5]) {
              const padding = (kernel - 1) / 2;
              const relus = { inputRelu: batch === 5, relu: stride === 1, biased: kernel === 3 };
              check({ batch, channels, kernel, stride, padding, dtype, weightDtype, ...relus });
            }
          }
        }
      }
    });

    it(`takes each of the ReLUs and the bias or none, ${dtype}, weights ${weightDtype}`, () => {
      torch.setSimd(level);
      for (let bits = 0; bits < 8; bits++) {
        const [inputRelu, relu, biased] = [1, 2, 4].map((bit) => (bits & bit) !== 0);
        const with_ = { inputRelu: inputRelu!, relu: relu!, biased: biased! };
        check({ channels: 20, out: 7, padding: 1, dtype, weightDtype, ...with_ });
      }
    });

    it(`takes images of many blocks of rows, and any padding, ${dtype}, weights ${weightDtype}`, () => {
      torch.setSimd(level);
      const of = { channels: 40, out: 9, dtype, weightDtype, relu: true, biased: true };
      check({ ...of, size: [61, 67], padding: 1, batch: 2 });
      check({ ...of, size: [63, 130], kernel: 5, stride: 2, padding: 2 });
      check({ ...of, size: [30, 700], kernel: 7, padding: [0, 4] });
      check({ ...of, size: [3, 3] });
    });
  }
});

describe('a separable convolution', () => {
  const of: Case = { channels: 5, out: 4, padding: 1, inputRelu: true, relu: true, biased: true };

  it.each(['float32', 'bfloat16'] as const)(
    'has the gradients of its two convolutions, %s',
    (dtype) => {
      const one = { ...of, batch: 2, dtype };
      const made = make(one);
      const all = [made.x, made.depthwise, made.pointwise, made.bias!];
      const dy = random([2, 4, 9, 13]).to({ dtype });
      const gradients = (run: typeof separable) => {
        for (const tensor of all) {
          tensor.grad = null;
          tensor.requiresGrad_();
        }
        run(made, one).backward(dy);
        return all.map(({ grad }) => grad!);
      };
      const expected = gradients(steps);
      gradients(separable).forEach((gradient, i) => {
        expect(gradient.dtype).toBe(all[i]!.dtype);
        expect(apart(gradient, expected[i]!)).toBe(0);
      });
    },
  );

  it('has a gradient for each operand alone that wants one, and else records none', () => {
    const made = make(of);
    const all = [made.x, made.depthwise, made.pointwise, made.bias!];
    expect(separable(made, of).requiresGrad).toBe(false);
    for (const wanted of all) {
      for (const tensor of all) tensor.requiresGrad_(tensor === wanted);
      separable(made, of).sum().backward();
      for (const tensor of all) expect(tensor.grad !== null).toBe(tensor === wanted);
      wanted.grad = null;
      expect(torch.noGrad(() => separable(made, of)).requiresGrad).toBe(false);
    }
  });

  it('does not depend on the number of threads', () => {
    const threads = torch.getNumThreads();
    try {
      for (const dtype of ['float32', 'bfloat16'] as const) {
        const one: Case = { ...of, channels: 36, batch: 3, size: [61, 67], dtype };
        const made = make(one);
        const [first, ...more] = [1, 2, 3].map((n) => {
          torch.setNumThreads(n);
          return separable(made, one);
        });
        for (const other of more) expect(first!.eq(other).all().item()).toBe(1);
      }
    } finally {
      torch.setNumThreads(threads);
    }
  });

  it('is its two convolutions where it has no kernel', () => {
    torch.noGrad(() => {
      const made = make(of);
      const double = (x: Tensor) => x.to({ dtype: 'float64' });
      const expected = exact(made, of);
      const { x, depthwise, pointwise, bias } = made;
      const doubles = [x, depthwise, pointwise, bias!].map(double) as [
        ...[Tensor, Tensor, Tensor, Tensor],
      ];
      const others: Made[] = [
        { ...made, x: x.contiguous() },
        { x: doubles[0], depthwise: doubles[1], pointwise: doubles[2], bias: doubles[3] },
      ];
      for (const other of others) expect(apart(separable(other, of), expected)).toBeLessThan(5e-6);
      const odd: Case = { ...of, kernel: 1, stride: 3 };
      const even = make(odd);
      expect(apart(separable(even, odd), exact(even, odd))).toBeLessThan(5e-6);
      const empty = { ...made, x: channelsLast(torch.zeros([0, 5, 9, 13])) };
      expect(separable(empty, of).shape).toEqual([0, 4, 9, 13]);
    });
  });

  it('says what is wrong with its operands', () => {
    const { x, depthwise, pointwise } = make(of);
    const call = (a: Tensor, b: Tensor, c: Tensor, options: object = {}) =>
      expect(() => torch.noGrad(() => F.separableConv2d(a, b, c, options)));
    call(x.select(0, 0), depthwise, pointwise).toThrow(/separableConv2d: .*\[N, C, H, W\]/);
    call(x, depthwise, pointwise.reshape([4, 5])).toThrow(/separableConv2d: .*\[out, C, 1, 1\]/);
    call(x, random([4, 1, 3, 3]), pointwise).toThrow(/separableConv2d: .*channels/);
    call(x, depthwise, random([4, 6, 1, 1])).toThrow(/separableConv2d: .*channels/);
    call(x, random([5, 1, 15, 15]), pointwise).toThrow(/separableConv2d: .*[Kk]ernel/);
    call(x, depthwise, pointwise, { bias: random([3]) }).toThrow(/separableConv2d: .*bias \[4\]/);
    call(x, depthwise, pointwise, { groups: 5 }).toThrow(/groups/);
  });
});
