import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { type DType, functional as F, type Tensor } from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { levels, widest } from './simdLevels.ts';

afterEach(() => torch.setSimd(widest));

let seed = 0;
const random = (shape: readonly number[]) => torch.randn(shape, { seed: ++seed });
const channelsLast = (x: Tensor) => x.contiguous({ memoryFormat: 'channelsLast' });

interface Case {
  /** Of each input. */
  readonly channels: readonly number[];
  readonly out: number;
  /** N, H, W */
  readonly pixels: readonly [number, number, number];
  readonly dtype?: DType;
  readonly weightDtype?: DType;
  readonly inputRelu?: boolean;
  /** Whether one weight goes over all the inputs. */
  readonly single?: boolean;
}

interface Made {
  readonly inputs: Tensor[];
  readonly weights: Tensor[];
  readonly dy: Tensor;
}

function make(of: Case): Made {
  const { channels, out, pixels, dtype = 'float32', weightDtype, single = false } = of;
  const [n, h, w] = pixels;
  const leaf = (x: Tensor) => x.detach().requiresGrad_();
  const inputs = channels.map((c) => leaf(channelsLast(random([n, c, h, w]).to({ dtype }))));
  const columns = single ? [channels.reduce((a, b) => a + b)] : channels;
  const weights = columns.map((c) =>
    leaf(random([out, c, 1, 1]).to({ dtype: weightDtype ?? dtype })),
  );
  return { inputs, weights, dy: channelsLast(random([n, out, h, w]).to({ dtype })) };
}

/** By ATen in float64, of the same numbers: y, then the gradients. Weights are in the inputs' dtype. */
function reference({ inputs, weights, dy }: Made, inputRelu = false): Tensor[] {
  const dtype = inputs[0]!.dtype;
  const double = (x: Tensor) => x.detach().to({ dtype }).to({ dtype: 'float64' }).requiresGrad_();
  const x = inputs.map(double);
  const w = weights.map(double);
  const joined = torch.cat(x, 1);
  const y = F.conv2d(inputRelu ? joined.relu() : joined, torch.cat(w, 1));
  y.backward(dy.to({ dtype: 'float64' }));
  return [y, ...x.map((t) => t.grad!), ...w.map((t) => t.grad!)];
}

function ours({ inputs, weights, dy }: Made, inputRelu = false): Tensor[] {
  const y = F.pointwise(inputs, weights, { inputRelu });
  y.backward(dy);
  return [y, ...inputs.map((t) => t.grad!), ...weights.map((t) => t.grad!)];
}

/** How far off, in roundings to the dtype of numbers as large as the largest here. */
function distance(got: Tensor, exact: Tensor, dtype = got.dtype): number {
  expect(got.shape).toEqual(exact.shape);
  const scale = exact.abs().max().item() || 1;
  const off = got.to({ dtype: 'float64' }).sub(exact).abs().max().item();
  return off / scale / (dtype === 'bfloat16' ? 2 ** -8 : 1e-6);
}

function check(of: Case): void {
  torch.scope(() => {
    const made = make(of);
    const results = ours(made, of.inputRelu);
    const expected = reference(made, of.inputRelu);
    results.forEach((result, i) => {
      // ATen's gradient of a bf16 convolution is bf16 on its way to an fp32 weight.
      const dtype = torch.getSimd() === 'none' ? of.dtype : result.dtype;
      expect(distance(result, expected[i]!, dtype)).toBeLessThan(dtype === 'bfloat16' ? 1 : 5);
    });
    expect(results.map((t) => t.dtype)).toEqual(
      [made.dy, ...made.inputs, ...made.weights].map((t) => t.dtype),
    );
  });
}

/** Without gradients, against ATen in float64 with the bias and the ReLU as steps of their own. */
function finished(of: Case): void {
  torch.scope(() =>
    torch.noGrad(() => {
      const { inputs, weights } = make(of);
      const inputRelu = of.inputRelu ?? false;
      const double = (x: Tensor) => x.to({ dtype: inputs[0]!.dtype }).to({ dtype: 'float64' });
      const plain = composed(inputs.map(double), weights.map(double), inputRelu);
      for (const relu of [false, true]) {
        for (const bias of [undefined, random([of.out])]) {
          const sum = bias === undefined ? plain : plain.add(bias.reshape([-1, 1, 1]));
          const y = F.pointwise(inputs, weights, { inputRelu, relu, ...(bias && { bias }) });
          const off = distance(y, relu ? sum.relu() : sum);
          expect(off).toBeLessThan(y.dtype === 'bfloat16' ? 2 : 5);
        }
      }
    }),
  );
}

const dtypes: readonly (readonly [DType, DType])[] = [
  ['float32', 'float32'],
  ['bfloat16', 'bfloat16'],
  ['bfloat16', 'float32'],
];

describe.each(levels)('pointwise with vectors of %s', (level) => {
  const at = (name: string, run: () => void) =>
    it(name, () => {
      torch.setSimd(level);
      run();
    });

  for (const [dtype, weightDtype] of dtypes) {
    for (const inputRelu of [false, true]) {
      const of = `${dtype}, weights ${weightDtype}${inputRelu ? ', relu' : ''}`;
      const one = (channels: readonly number[], out: number, pixels: Case['pixels']) =>
        check({ channels, out, pixels, dtype, weightDtype, inputRelu });

      at(`${of}: 1 to 5 inputs of different channels`, () => {
        const channels = [36, 5, 20, 64, 1];
        for (let n = 1; n <= 5; n++) one(channels.slice(0, n), 36, [2, 9, 9]);
      });

      at(`${of}: one weight over all inputs, however its channels are split`, () => {
        const case_ = fc.record({
          channels: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 }),
          out: fc.integer({ min: 1, max: 70 }),
        });
        const pixels = [2, 9, 9] as const;
        fc.assert(
          fc.property(case_, (split) =>
            check({ ...split, pixels, dtype, weightDtype, inputRelu, single: true }),
          ),
          { numRuns: 15 },
        );
        finished({ channels: [20, 3, 17], out: 9, pixels, dtype, weightDtype, single: true });
      });

      at(`${of}: any number of channels from 1 to 70`, () => {
        for (let c = 1; c <= 70; c++) one([c], ((c * 29) % 70) + 1, [1, 7, 5]);
      });

      at(`${of}: any number of pixels`, () => {
        for (const w of [1, 2, 3, 15, 16, 17, 31, 33, 63, 127, 129, 257]) one([6, 3], 7, [1, 1, w]);
      });

      at(`${of}: so many pixels that they are shared among threads, in parts`, () => {
        one([36, 20], 36, [17, 32, 33]);
      });

      at(`${of}: wide sums`, () => one([96, 300, 7], 150, [1, 12, 11]));

      at(`${of}: a bias, the ReLU of the result, and both, in the same pass`, () => {
        for (const [channels, out] of [
          [[5], 1] as const,
          [[36, 7], 36] as const,
          [[3], 70] as const,
        ])
          finished({ channels, out, pixels: [2, 9, 7], dtype, weightDtype, inputRelu });
      });
    }
  }
});

/** What ATen does with the same operands, in their own dtype. */
const composed = (inputs: readonly Tensor[], weights: readonly Tensor[], inputRelu = false) => {
  const x = torch.cat(inputs, 1);
  return F.conv2d(inputRelu ? x.relu() : x, torch.cat(weights, 1).to({ dtype: x.dtype }));
};

describe('pointwise', () => {
  const of: Case = { channels: [6, 3], out: 5, pixels: [2, 5, 5] };

  it('gives channels-last tensors', () => {
    const [y, ...gradients] = ours(make({ ...of, dtype: 'bfloat16' }));
    for (const x of [y!, gradients[0]!, gradients[1]!]) {
      expect(x.isContiguous('channelsLast')).toBe(true);
    }
  });

  it('agrees with finite differences', () => {
    const { inputs, weights, dy } = make(of);
    // Inputs so far from zero that no step crosses it: what is left is linear in each operand.
    const far = inputs.map((x) =>
      channelsLast(
        x.detach().add(torch.where(x.detach().gt(0), torch.ones([]), torch.full([], -1))),
      ).requiresGrad_(),
    );
    const loss = (x: Tensor[], w: Tensor[]) =>
      F.pointwise(x, w, { inputRelu: true }).to({ dtype: 'float64' }).mul(dy).sum();
    loss(far, weights).backward();
    const plus = (tensors: Tensor[], i: number, step: Tensor) =>
      tensors.map((t, j) => (j === i ? channelsLast(t.detach().add(step)) : t.detach()));
    const differs = (t: Tensor, at: (step: Tensor) => Tensor) => {
      const step = torch.where(random(t.shape).gt(0), torch.full([], 0.25), torch.full([], -0.25));
      const numeric = at(step).sub(at(step.neg())).item() / 2;
      expect(t.grad!.mul(step).sum().item()).toBeCloseTo(numeric, 3);
    };
    for (let i = 0; i < 2; i++) {
      differs(far[i]!, (step) => loss(plus(far, i, step), weights));
      differs(weights[i]!, (step) => loss(far, plus(weights, i, step)));
    }
  });

  it('does not depend on the number of threads', () => {
    const threads = torch.getNumThreads();
    try {
      for (const dtype of ['float32', 'bfloat16'] as const) {
        const made = make({ channels: [20, 36], out: 36, pixels: [9, 31, 33], dtype });
        const [one, two, three] = [1, 2, 3].map((n) => {
          torch.setNumThreads(n);
          for (const x of [...made.inputs, ...made.weights]) x.grad = null;
          return ours(made);
        });
        one!.forEach((x, i) => {
          expect(x.eq(two![i]!).all().item() && x.eq(three![i]!).all().item()).toBe(1);
        });
      }
    } finally {
      torch.setNumThreads(threads);
    }
  });

  it('gives gradients only to what wants them', () => {
    for (const single of [false, true]) {
      const made = make({ ...of, single });
      const [, ...expected] = reference(made);
      const all = [...made.inputs, ...made.weights];
      for (let wanted = 1; wanted < 2 ** all.length; wanted++) {
        all.forEach((x, i) => {
          x.grad = null;
          x.requiresGrad_(Boolean(wanted & (1 << i)));
        });
        F.pointwise(made.inputs, made.weights).backward(made.dy);
        all.forEach((x, i) => {
          if (wanted & (1 << i)) expect(distance(x.grad!, expected[i]!)).toBeLessThan(5);
          else expect(x.grad).toBe(null);
        });
      }
      for (const x of all) x.requiresGrad_(false);
      expect(F.pointwise(made.inputs, made.weights).requiresGrad).toBe(false);
    }
  });

  it('takes one tensor as several of its inputs', () => {
    const { inputs, weights, dy } = make({ ...of, channels: [4, 4] });
    const x = inputs[0]!;
    F.pointwise([x, x], weights).backward(dy);
    const twice = reference({ inputs: [x, x], weights, dy });
    expect(distance(x.grad!, twice[1]!.add(twice[2]!))).toBeLessThan(5);
  });

  it('takes a gradient of any layout', () => {
    const made = make(of);
    F.pointwise(made.inputs, made.weights).sum().backward();
    const [, ...expected] = reference({ ...made, dy: torch.ones(made.dy.shape) });
    [...made.inputs, ...made.weights].forEach((x, i) => {
      expect(distance(x.grad!, expected[i]!)).toBeLessThan(5);
    });
  });

  it('has gradients of gradients', () => {
    for (const [inputRelu, single] of [
      [false, false],
      [true, false],
      [true, true],
    ]) {
      const { inputs, weights, dy } = make({ ...of, single: single! });
      const second = (f: typeof composed) => {
        const all = [...inputs, ...weights];
        const first = torch.grad([f(inputs, weights, inputRelu)], all, {
          gradOutputs: [dy],
          createGraph: true,
        });
        const norm = first.map((g) => g!.square().sum()).reduce((a, b) => a.add(b));
        return torch.grad([norm], all);
      };
      const exact = second(composed);
      second((x, w, inputRelu = false) => F.pointwise(x, w, { inputRelu })).forEach((g, i) => {
        expect(distance(g!, exact[i]!.to({ dtype: 'float64' }))).toBeLessThan(5);
      });
    }
  });

  it('gives a bias and what is before the ReLU their gradients', () => {
    for (const dtype of ['float32', 'bfloat16'] as const) {
      const { inputs, weights, dy } = make({ ...of, dtype, weightDtype: 'float32' });
      const bias = random([of.out]).requiresGrad_();
      F.pointwise(inputs, weights, { bias, relu: true }).backward(dy);
      const double = (x: Tensor) => x.detach().to({ dtype }).to({ dtype: 'float64' });
      const leaves = [...inputs, ...weights, bias].map((x) => double(x).requiresGrad_());
      const sum = composed(leaves.slice(0, 2), leaves.slice(2, 4)).add(
        leaves[4]!.reshape([-1, 1, 1]),
      );
      sum.relu().backward(double(dy));
      [...inputs, ...weights, bias].forEach((x, i) => {
        expect(x.grad!.dtype).toBe(x.dtype);
        // A sum within a rounding of zero may be on either side of the ReLU in bf16.
        const limit = dtype === 'bfloat16' ? 8 * 2 ** -8 : 1e-5;
        const exact = leaves[i]!.grad!;
        const off = x.grad!.to({ dtype: 'float64' }).sub(exact).square().mean().sqrt().item();
        expect(off / exact.square().mean().sqrt().item()).toBeLessThan(limit);
      });
    }
  });

  it('lets NaN through relu, and infinity stay where it is', () => {
    torch.noGrad(() => {
      for (const dtype of ['float32', 'bfloat16'] as const) {
        const x = torch.zeros([1, 3, 1, 40]);
        const nan = torch.full([], Number.NaN);
        x.select(3, 2).copy_(nan);
        x.select(3, 5).copy_(nan.neg());
        x.select(3, 7).copy_(torch.full([], Number.POSITIVE_INFINITY));
        x.select(3, 9).copy_(torch.full([], Number.NEGATIVE_INFINITY));
        const w = torch.ones([2, 3, 1, 1], { dtype });
        const input = channelsLast(x.to({ dtype }));
        const expected = Array.from({ length: 40 }, (_, i) =>
          i === 2 || i === 5 ? Number.NaN : i === 7 ? Number.POSITIVE_INFINITY : 0,
        );
        for (const option of ['inputRelu', 'relu']) {
          const y = F.pointwise([input], [w], { [option]: true });
          expect(y.tolist()).toEqual([[[expected], [expected]]]);
        }
      }
    });
  });

  it('is what ATen makes of it where it has no kernel', () => {
    const nchw = (x: Tensor) => x.detach().contiguous().requiresGrad_();
    const double = (x: Tensor) => x.detach().to({ dtype: 'float64' }).requiresGrad_();
    for (const single of [false, true]) {
      const { inputs, weights, dy } = make({ ...of, single });
      const expected = reference({ inputs, weights, dy }, true);
      for (const with_ of [nchw, double]) {
        const made = {
          inputs: inputs.map(with_),
          weights: weights.map(with_),
          dy: with_(dy).detach(),
        };
        ours(made, true).forEach((x, i) => {
          expect(distance(x, expected[i]!)).toBeLessThan(5);
        });
      }
    }
    const empty = F.pointwise(
      [channelsLast(torch.zeros([0, 3, 2, 2]))],
      [torch.ones([5, 3, 1, 1])],
    );
    expect(empty.shape).toEqual([0, 5, 2, 2]);
  });

  it('says what is wrong with its operands', () => {
    const x = channelsLast(random([1, 3, 2, 2]));
    const w = random([5, 3, 1, 1]);
    expect(() => F.pointwise([], [])).toThrow(/pointwise: expected as many weights as inputs/);
    expect(() => F.pointwise([x], [w, w])).toThrow(/got "1 inputs and 2 weights"/);
    expect(() => F.pointwise([x, x, x], [w, w])).toThrow(/got "3 inputs and 2 weights"/);
    expect(() => F.pointwise([x, x], [w])).toThrow(/pointwise: .*channels/);
    expect(() => F.pointwise([x, x], [w, random([4, 3, 1, 1])])).toThrow(/pointwise: /);
    expect(() => F.pointwise([x], [random([5, 4, 1, 1])])).toThrow(/pointwise: .*channels/);
    expect(() => F.pointwise([x, channelsLast(random([1, 3, 2, 3]))], [w, w])).toThrow(/pointwise/);
    expect(() => F.pointwise([x], [w], { outputRelu: true } as object)).toThrow(/outputRelu/);
    for (const bias of [random([4]), random([5, 1])]) {
      expect(() => F.pointwise([x], [w], { bias })).toThrow(/pointwise: .*bias \[5\]/);
    }
  });

  it('notices an input that was changed before the backward', () => {
    const { inputs, weights, dy } = make(of);
    const x = inputs[0]!.mul(1);
    const y = F.pointwise([x, inputs[1]!], weights);
    x.add_(1);
    expect(() => y.backward(dy)).toThrow(/modified by an inplace operation/);
  });

  it('leaves no tensor behind', () => {
    const before = collected().tensors;
    const step = () =>
      torch.scope(() => {
        const made = make({ ...of, dtype: 'bfloat16' });
        F.pointwise(made.inputs, made.weights).backward(made.dy);
      });
    for (let i = 0; i < 20; i++) step();
    expect(torch.memory().tensors).toBe(before);
  });
});

describe('conv2d of a 1×1 kernel', () => {
  it.each(['float32', 'bfloat16'] as const)('is pointwise of one input, in %s', (dtype) => {
    const made = make({
      channels: [20],
      out: 36,
      pixels: [2, 9, 9],
      dtype,
      weightDtype: 'float32',
    });
    const [x, w] = [made.inputs[0]!, made.weights[0]!];
    for (const inputRelu of [false, true]) {
      x.grad = null;
      w.grad = null;
      const y = F.conv2d(x, w, { inputRelu });
      y.backward(made.dy);
      const expected = reference(made, inputRelu);
      [y, x.grad!, w.grad!].forEach((result, i) => {
        expect(distance(result, expected[i]!)).toBeLessThan(5);
      });
    }
  });

  it('takes relu of its input and of its result whatever the kernel, stride, padding, groups and bias', () => {
    const x = random([2, 4, 6, 6]);
    const bias = random([4]);
    for (const [kernel, options] of [
      [[4, 4, 3, 3], { padding: 1 }],
      [[4, 4, 1, 1], { stride: 2 }],
      [[4, 4, 1, 1], { padding: 1 }],
      [[4, 2, 1, 1], { groups: 2 }],
      [[4, 4, 1, 1], { bias }],
    ] as const) {
      const w = random(kernel);
      for (const input of [x, channelsLast(x)]) {
        const exact = F.conv2d(x.relu(), w, options).to({ dtype: 'float64' });
        const y = F.conv2d(input, w, { ...options, inputRelu: true });
        expect(distance(y, exact)).toBeLessThan(5);
        const both = F.conv2d(input, w, { ...options, inputRelu: true, relu: true });
        expect(distance(both, exact.relu())).toBeLessThan(5);
      }
    }
  });
});

describe('conv2d of a bfloat16 input', () => {
  it('takes a float32 weight and bias as bfloat16, and gives them float32 gradients', () => {
    const x = random([2, 4, 6, 6]).to({ dtype: 'bfloat16' });
    const [weight, bias] = [random([3, 4, 3, 3]), random([3])].map((t) => t.requiresGrad_());
    const rounded = [weight!, bias!].map((t) =>
      t.detach().to({ dtype: 'bfloat16' }).to({ dtype: 'float64' }).requiresGrad_(),
    );
    const y = F.conv2d(x, weight!, { bias: bias!, stride: 2 });
    const exact = F.conv2d(x.to({ dtype: 'float64' }), rounded[0]!, {
      bias: rounded[1]!,
      stride: 2,
    });
    y.sum().backward();
    exact.sum().backward();
    expect(y.dtype).toBe('bfloat16');
    expect(distance(y, exact)).toBeLessThan(1);
    [weight!, bias!].forEach((t, i) => {
      expect(t.grad!.dtype).toBe('float32');
      expect(distance(t.grad!, rounded[i]!.grad!, 'bfloat16')).toBeLessThan(2);
    });
  });
});
