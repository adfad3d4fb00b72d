import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { functional as F, type Tensor } from '../../src/torch/index.ts';
import { channelsLast, distance, make, random, reference } from './kernels/pointwiseCases.ts';

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

describe('conv2d whose stride is wider than its input', () => {
  for (const dtype of ['float32', 'bfloat16'] as const) {
    it.each([1, 4])(`has the first place of each row alone, in ${dtype}, %i groups`, (groups) => {
      const [x, w] = [random([2, 4, 5, 3]), random([4, 4 / groups, 3, 3])].map((t) =>
        channelsLast(t.to({ dtype })).detach().requiresGrad_(),
      ) as [Tensor, Tensor];
      const [exactX, exactW] = [x, w].map((t) =>
        t.detach().to({ dtype: 'float64' }).requiresGrad_(),
      ) as [Tensor, Tensor];
      const y = F.conv2d(x, w, { groups, padding: 1, stride: [4, 2 ** 31 - 1] });
      const everywhere = F.conv2d(exactX, exactW, { groups, padding: 1 });
      const rows = [0, 4].map((row) => everywhere.narrow(2, row, 1).narrow(3, 0, 1));
      const exact = torch.cat(rows, 2);
      expect(y.shape).toEqual([2, 4, 2, 1]);
      expect(distance(y, exact)).toBeLessThan(5);
      y.sum().backward();
      exact.sum().backward();
      expect(distance(x.grad!, exactX.grad!, dtype)).toBeLessThan(5);
      expect(distance(w.grad!, exactW.grad!, dtype)).toBeLessThan(5);
    });
  }
});

describe('conv2d whose padding is wider than its kernel reaches', () => {
  for (const dtype of ['float32', 'bfloat16'] as const) {
    it.each([
      { kernel: [1, 3], stride: 2, padding: 9, dilation: 2 },
      { kernel: [3, 3], stride: 1, padding: [2, 7], dilation: [1, 3] },
      { kernel: [1, 1], stride: 1, padding: 1, dilation: 1 },
    ] as const)(`reads zeros there, in ${dtype}: %j`, ({ kernel, ...options }) => {
      for (const groups of [1, 8]) {
        const [x, w] = [random([2, 8, 4, 5]), random([8, 8 / groups, ...kernel])].map((t) =>
          channelsLast(t.to({ dtype })).detach().requiresGrad_(),
        ) as [Tensor, Tensor];
        const [exactX, exactW] = [x, w].map((t) =>
          t.detach().to({ dtype: 'float64' }).requiresGrad_(),
        ) as [Tensor, Tensor];
        const y = F.conv2d(x, w, { ...options, groups, inputRelu: true });
        const [down, across] = [options.padding].flat();
        const [h, v] = [down!, across ?? down!];
        const { padding: _, ...others } = options;
        const zero = (shape: number[]) => torch.zeros(shape, { dtype: 'float64' });
        const rows = zero([2, 8, h, 5]);
        const tall = torch.cat([rows, exactX.relu(), rows], 2);
        const columns = zero([2, 8, 4 + 2 * h, v]);
        const exact = F.conv2d(torch.cat([columns, tall, columns], 3), exactW, {
          ...others,
          groups,
        });
        expect(distance(y, exact)).toBeLessThan(5);
        y.sum().backward();
        exact.sum().backward();
        expect(distance(x.grad!, exactX.grad!, dtype)).toBeLessThan(5);
        expect(distance(w.grad!, exactW.grad!, dtype)).toBeLessThan(5);
      }
    });
  }
});
