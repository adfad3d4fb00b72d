import { describe, expect, it } from 'vitest';
import type { DType, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';

const vocabulary = 40;
const width = 7;
/** [T, N] tokens, of which some come often and most never. */
const tokens = () => {
  const all = Array.from({ length: 60 }, (_, i) => (i * i) % 13);
  return torch.tensor(all, { dtype: 'int64' }).reshape([12, 5]);
};

function weightOf(dtype: DType): Tensor {
  return torch.randn([vocabulary, width], { seed: 1 }).to({ dtype }).detach().requiresGrad_();
}

/** A sum of what is read, times numbers; with `tied`, of its products with the weight too. */
function lossOf(weight: Tensor, tied: boolean): Tensor {
  const { dtype } = weight;
  const read = F.embedding(weight, tokens());
  const factors = torch.randn([12, 5, width], { seed: 2 }).to({ dtype });
  const loss = read.mul(read).mul(factors).sum();
  return tied
    ? F.linear(read.reshape([60, width]), weight)
        .pow(2)
        .mean()
        .add(loss)
    : loss;
}

function distance(ours: Tensor, exact: Tensor): number {
  return ours.to({ dtype: 'float64' }).sub(exact).abs().max().item() / exact.abs().max().item();
}

describe('F.embedding', () => {
  it.each([false, true])(
    'adds the gradient in float64 to the one there is, and makes one where there is none (tied: %s)',
    (tied) => {
      torch.scope(() => {
        const exact = weightOf('float64');
        lossOf(exact, tied).backward();
        const weight = weightOf('float32');
        lossOf(weight, tied).backward();
        expect(distance(weight.grad!, exact.grad!)).toBeLessThan(1e-5);
        lossOf(weight, tied).backward();
        expect(distance(weight.grad!, exact.grad!.mul(2))).toBeLessThan(1e-5);
        weight.grad = torch.ones([vocabulary, width]);
        lossOf(weight, tied).backward();
        expect(distance(weight.grad!, exact.grad!.add(1))).toBeLessThan(1e-5);
      });
    },
  );

  it('adds to the very memory of a gradient', () => {
    torch.scope(() => {
      const weight = weightOf('float32');
      const arena = torch.zeros([vocabulary * width]);
      weight.grad = arena.view([vocabulary, width]);
      lossOf(weight, false).backward();
      const rows = arena.view([vocabulary, width]).abs().sum(1).tolist() as number[];
      const read = new Set(tokens().flatten().tolist() as number[]);
      expect(rows.map((sum) => sum > 0)).toEqual(rows.map((_, row) => read.has(row)));
    });
  });

  it('gives a gradient that is asked for as a tensor, and a gradient of it', () => {
    torch.scope(() => {
      const [exactFirst, exactSecond] = derivatives(weightOf('float64'));
      const weight = weightOf('float32');
      weight.grad = torch.ones([vocabulary, width]);
      const [first, second] = derivatives(weight);
      expect(distance(first, exactFirst)).toBeLessThan(1e-5);
      expect(distance(second, exactSecond)).toBeLessThan(1e-5);
      expect(weight.grad.sub(1).abs().max().item()).toBe(0);
    });
  });

  it('takes no note of what becomes of the weight before the backward pass', () => {
    torch.scope(() => {
      const weight = weightOf('float32');
      weight.grad = torch.zeros([vocabulary, width]);
      const sum = F.embedding(weight, tokens()).sum();
      torch.noGrad(() => weight.mul_(0));
      sum.backward();
      expect(weight.grad.sum().item()).toBe(60 * width);
    });
  });

  it('gives the same bits on one thread and on more', () => {
    torch.scope(() => {
      const threads = torch.getNumThreads();
      const often = torch.randint(0, 300, [40000], { seed: 3 });
      const factors = torch.randn([40000, 16], { seed: 4 });
      const [one, two] = [1, 2].map((count) => {
        torch.setNumThreads(count);
        const weight = torch.randn([1000, 16], { seed: 1 }).requiresGrad_();
        weight.grad = torch.zeros([1000, 16]);
        F.embedding(weight, often).mul(factors).sum().backward();
        return weight.grad;
      });
      torch.setNumThreads(threads);
      expect(one!.sub(two!).abs().max().item()).toBe(0);
    });
  });

  it('reads nothing at no tokens', () => {
    torch.scope(() => {
      const weight = weightOf('float32');
      weight.grad = torch.zeros([vocabulary, width]);
      const read = F.embedding(weight, torch.zeros([0, 3], { dtype: 'int64' }));
      expect(read.shape).toEqual([0, 3, width]);
      read.sum().backward();
      expect(weight.grad.abs().sum().item()).toBe(0);
    });
  });

  it('refuses tokens that are no rows, or no whole numbers', () => {
    torch.scope(() => {
      const weight = weightOf('float32');
      for (const wrong of [vocabulary, -1]) {
        const token = torch.tensor([1, wrong], { dtype: 'int64' });
        expect(() => F.embedding(weight, token)).toThrow(/range/);
      }
      expect(() => F.embedding(weight, torch.tensor([1, 2]))).toThrow();
    });
  });
});

function derivatives(weight: Tensor): readonly [Tensor, Tensor] {
  const read = F.embedding(weight, tokens());
  const [first] = torch.grad([read.pow(3).sum()], [weight], { createGraph: true });
  const [second] = torch.grad([first!.pow(2).sum()], [weight]);
  return [first!, second!];
}
