import { afterEach, describe, expect, it } from 'vitest';
import type { DType, SimdLevel, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';

const levels: readonly SimdLevel[] = ['none', 'avx2', 'avx512', 'avx512bf16'];
const widest = torch.getSimd();

afterEach(() => torch.setSimd(widest));

/** As it is written, in float64. */
function written(
  logits: Tensor,
  target: readonly number[],
  reduction: 'mean' | 'sum',
  ignored: number,
): Tensor {
  const counted = target.flatMap((t, row) => (t === ignored ? [] : [{ t, row }]));
  const each = counted.map(({ t, row }) => {
    const x = logits.select(0, row);
    return x.logsumexp(0).sub(x.select(0, t));
  });
  const sum = each.reduce((total, loss) => total.add(loss));
  return reduction === 'sum' ? sum : sum.div(counted.length);
}

function expectTheLoss(
  logits: Tensor,
  target: readonly number[],
  reduction: 'mean' | 'sum',
  within: number,
): void {
  const exact = logits.detach().to({ dtype: 'float64' }).requiresGrad_();
  logits.requiresGrad_();
  const targets = torch.tensor([...target], { dtype: 'int64' });
  const ours = F.crossEntropy(logits, targets, { reduction, ignoreIndex: -1 });
  const theirs = written(exact, target, reduction, -1);
  ours.mul(3).backward();
  theirs.mul(3).backward();
  const scale = Math.max(1, Math.abs(theirs.item()));
  expect(Math.abs(ours.item() - theirs.item()) / scale).toBeLessThan(within);
  const error = logits.grad!.to({ dtype: 'float64' }).sub(exact.grad!).abs().max().item();
  const largest = exact.grad!.abs().max().item();
  expect(error / Math.max(largest, 1e-3)).toBeLessThan(logits.dtype === 'bfloat16' ? 8e-3 : within);
  expect(logits.grad!.dtype).toBe(logits.dtype);
}

describe.each(levels)('F.crossEntropy with vector code %s', (level) => {
  it.each([
    ['float64', 1e-12],
    ['float32', 3e-6],
    ['bfloat16', 1e-5],
  ] as const)('of %s logits is −log softmax at the target, and its gradient', (dtype, within) => {
    torch.setSimd(level);
    for (const classes of [1, 7, 33, 1000]) {
      for (const reduction of ['mean', 'sum'] as const) {
        torch.scope(() => {
          const logits = torch.randn([5, classes], { seed: classes, dtype }).mul(4).detach();
          const target = [0, classes - 1, -1, classes >> 1, 0];
          expectTheLoss(logits, target, reduction, within);
        });
      }
    }
  });

  it('is a float32 for float32 and for bfloat16 logits', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const target = torch.tensor([1, 0], { dtype: 'int64' });
      for (const dtype of ['float32', 'bfloat16'] as DType[]) {
        expect(F.crossEntropy(torch.zeros([2, 3], { dtype }), target).dtype).toBe('float32');
      }
    });
  });

  it('reads logits in another order, and large ones', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const across = torch.randn([9, 4], { seed: 1 }).transpose(0, 1).detach();
      expectTheLoss(across, [8, 0, 3, 2], 'mean', 3e-6);
      const large = torch.randn([4, 20], { seed: 2 }).mul(1e4).detach();
      expectTheLoss(large, [1, 2, 3, 19], 'mean', 3e-6);
    });
  });

  it('is not a number where a logit is none or infinite, or nothing is counted', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const logits = torch.zeros([1, 40]);
      const target = torch.tensor([3], { dtype: 'int64' });
      for (const [where, value] of [
        [35, Number.NaN],
        [2, Number.NaN],
        [5, Number.POSITIVE_INFINITY],
      ] as const) {
        const strange = logits.clone();
        strange.select(1, where).fill_(value);
        expect(F.crossEntropy(strange, target).item()).toBeNaN();
      }
      expect(F.crossEntropy(logits, target, { ignoreIndex: 3 }).item()).toBeNaN();
      const sum = { ignoreIndex: 3, reduction: 'sum' } as const;
      expect(F.crossEntropy(logits, target, sum).item()).toBe(0);
    });
  });

  it.each([3, -1])('refuses the target %i of three classes', (wrong) => {
    torch.setSimd(level);
    torch.scope(() => {
      const target = torch.tensor([0, wrong], { dtype: 'int64' });
      expect(() => F.crossEntropy(torch.zeros([2, 3]), target)).toThrow(/out of bounds/);
    });
  });
});
