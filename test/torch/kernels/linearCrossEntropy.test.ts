import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { DType, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';
import { levels, widest } from '../simdLevels.ts';

afterEach(() => torch.setSimd(widest));

const ignored = -7;
const targetsOf = (target: readonly number[]) => torch.tensor([...target], { dtype: 'int64' });

/** The loss, times 3, and its gradients: of ours and of crossEntropy(linear) in float64. */
function both(
  x: Tensor,
  weight: Tensor,
  target: readonly number[],
  reduction: 'mean' | 'sum',
): readonly (readonly [ours: Tensor, exact: Tensor])[] {
  const [ours, exact] = [[x, weight] as const, [x, weight].map(inFloat64)].map((of) =>
    of.map((tensor) => tensor!.detach().requiresGrad_()),
  );
  const options = { reduction, ignoreIndex: ignored } as const;
  const loss = F.linearCrossEntropy(ours![0]!, ours![1]!, targetsOf(target), options);
  const logits = F.linear(exact![0]!, exact![1]!);
  const written = F.crossEntropy(logits, targetsOf(target), options);
  loss.mul(3).backward();
  written.mul(3).backward();
  return [[loss, written], ...ours!.map((of, i) => [of.grad!, exact![i]!.grad!] as const)];
}

const inFloat64 = (tensor: Tensor) => tensor.detach().to({ dtype: 'float64' });

/** The largest difference over the largest number, or over a tenth where all are small. */
function distance([ours, exact]: readonly [Tensor, Tensor]): number {
  const most = exact.abs().max().item();
  return inFloat64(ours).sub(exact).abs().max().item() / Math.max(most, 0.1);
}

function random(shape: readonly number[], dtype: DType, seed: number): Tensor {
  return torch
    .randn([...shape], { seed })
    .to({ dtype })
    .detach();
}

describe.each(levels)('F.linearCrossEntropy with vector code %s', (level) => {
  it.each([
    ['float64', 'float64', 1e-12],
    ['float32', 'float32', 1e-5],
    // Logits and gradients of two or three digits.
    ['bfloat16', 'float32', 4e-2],
    ['bfloat16', 'bfloat16', 4e-2],
  ] as const)('of %s and a weight of %s is crossEntropy(linear)', (dtype, weightDType, within) => {
    torch.setSimd(level);
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 90 }),
    );
    const cases = fc.record({
      sizes,
      seed: fc.nat(1000),
      reduction: fc.constantFrom('mean', 'sum'),
    });
    fc.assert(
      fc.property(cases, ({ sizes: [rows, features, classes], seed, reduction }) =>
        torch.scope(() => {
          const x = random([rows, features], dtype, seed);
          // Small logits: of large ones three digits are a loss of one.
          const weight = random([classes, features], weightDType, seed + 1).mul(0.2);
          const target = Array.from({ length: rows }, (_, i) =>
            i % 5 === 4 ? ignored : (i * 31) % classes,
          );
          const results = both(x, weight, target, reduction as 'mean' | 'sum');
          for (const result of results) expect(distance(result)).toBeLessThan(within);
          expect(results.map(([ours]) => ours.dtype)).toEqual([
            dtype === 'float64' ? 'float64' : 'float32',
            dtype,
            weightDType,
          ]);
        }),
      ),
      { numRuns: 30, examples: [[{ sizes: [1, 1, 1], seed: 0, reduction: 'mean' }]] },
    );
  });

  it.each(['float32', 'bfloat16'] as const)(
    'has the same loss without gradients, of %s',
    (dtype) => {
      torch.setSimd(level);
      torch.scope(() => {
        const x = random([9, 20], dtype, 1);
        const weight = random([33, 20], 'float32', 2).requiresGrad_();
        const target = targetsOf([0, 1, 2, 3, 4, 5, 6, 7, 32]);
        const recorded = F.linearCrossEntropy(x, weight, target);
        const not = torch.noGrad(() => F.linearCrossEntropy(x, weight, target));
        expect([recorded.requiresGrad, not.requiresGrad]).toEqual([true, false]);
        expect(not.item()).toBeCloseTo(recorded.item(), 5);
      });
    },
  );

  it('has the gradient of what wants one alone, twice if asked twice', () => {
    torch.setSimd(level);
    torch.scope(() => {
      for (const wanting of [0, 1]) {
        const operands = [random([6, 8], 'float32', 1), random([5, 8], 'float32', 2)] as const;
        operands[wanting]!.requiresGrad_();
        const loss = F.linearCrossEntropy(...operands, targetsOf([0, 1, 2, 3, 4, 0]));
        loss.backward(undefined, { retainGraph: true });
        const once = operands[wanting]!.grad!.clone();
        loss.backward();
        const twice = operands[wanting]!.grad!;
        expect(twice.sub(once.mul(2)).abs().max().item()).toBeLessThan(1e-6);
        expect(operands[1 - wanting]!.grad).toBeNull();
      }
    });
  });

  it('is not a number, with such a gradient, where a logit is none', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = random([2, 4], 'bfloat16', 1);
      x.select(0, 1).fill_(Number.NaN);
      const weight = random([40, 4], 'float32', 2).requiresGrad_();
      const loss = F.linearCrossEntropy(x, weight, targetsOf([1, 2]));
      loss.backward();
      expect(loss.item()).toBeNaN();
      expect(weight.grad!.sum().item()).toBeNaN();
    });
  });

  it('and its gradients are those in float64 of many rows and classes too', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = random([200, 120], 'bfloat16', 1);
      const weight = random([700, 120], 'float32', 2).mul(0.2);
      const target = Array.from({ length: 200 }, (_, i) => (i * 31) % 700);
      for (const result of both(x, weight, target, 'mean')) {
        expect(distance(result)).toBeLessThan(4e-2);
      }
    });
  });

  it('reads operands that do not lie row by row', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = random([20, 6], 'bfloat16', 1).transpose(0, 1);
      const weight = random([20, 11], 'float32', 2).transpose(0, 1);
      const results = both(x, weight, [0, 1, 10, 3, 4, 5], 'mean');
      for (const result of results) expect(distance(result)).toBeLessThan(3e-2);
    });
  });

  it('refuses targets that are no class, and shapes that do not belong together', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = torch.zeros([2, 3]);
      const weight = torch.zeros([4, 3]);
      expect(() => F.linearCrossEntropy(x, weight, targetsOf([0, 4]))).toThrow(/out of bounds/);
      expect(() => F.linearCrossEntropy(x, weight, targetsOf([0, -1]))).toThrow(/out of bounds/);
      expect(() => F.linearCrossEntropy(x, torch.zeros([4, 2]), targetsOf([0, 1]))).toThrow();
      expect(() => F.linearCrossEntropy(x, weight, targetsOf([0]))).toThrow();
      expect(() =>
        F.linearCrossEntropy(x, weight, targetsOf([0, 1]), { reduction: 'none' as 'sum' }),
      ).toThrow(/reduction.*mean/);
    });
  });
});
