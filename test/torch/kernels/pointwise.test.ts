import { describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { functional as F, type Tensor } from '../../../src/torch/index.ts';
import { collected } from '../../collected.ts';
import {
  type Case,
  channelsLast,
  composed,
  distance,
  make,
  ours,
  random,
  reference,
} from './pointwiseCases.ts';

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
