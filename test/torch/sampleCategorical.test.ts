import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';

// Two distributions over three, their logits shifted: (0.5, 0.25, 0.25) and (0.1, 0.2, 0.7).
const logits = torch
  .tensor([
    [0.5, 0.25, 0.25],
    [0.1, 0.2, 0.7],
  ])
  .log()
  .add(3);

describe('sampling from logits', () => {
  it('draws by the softmax’s probabilities, whatever the shape', () => {
    const many = logits.expand([20_000, 2, 3]);
    const drawn = torch.sampleCategorical(many, { seed: 1 });
    expect([drawn.dtype, drawn.shape]).toEqual(['int64', [20_000, 2]]);
    for (const [k, wanted] of [0.1, 0.2, 0.7].entries()) {
      const share = drawn.select(1, 1).eq(k).to({ dtype: 'float32' }).mean().item();
      expect(Math.abs(share - wanted)).toBeLessThan(0.015);
    }
    expect(torch.sampleCategorical(many, { seed: 1 }).eq(drawn).all().item()).toBe(1);
    expect(torch.sampleCategorical(many, { seed: 2 }).eq(drawn).all().item()).toBe(0);
  });

  it.each([1, 2, 3, 4, 5])('draws what multinomial does with seed %i', (seed) => {
    const rows = torch.normal([500, 7], { std: 3, seed: seed + 100 });
    const expected = torch.multinomial(rows.softmax(-1), 1, { seed }).squeeze(1);
    expect(torch.sampleCategorical(rows, { seed }).tolist()).toEqual(expected.tolist());
  });

  it('reads logits in any memory order, in float64 too, and one distribution alone', () => {
    const rows = torch.normal([6, 4], { seed: 3, dtype: 'float64' });
    const turned = rows.transpose(0, 1).contiguous().transpose(0, 1);
    expect(turned.isContiguous()).toBe(false);
    const expected = torch.sampleCategorical(rows, { seed: 1 }).tolist();
    expect(torch.sampleCategorical(turned, { seed: 1 }).tolist()).toEqual(expected);
    const alone = torch.sampleCategorical(torch.tensor([0, 100, 0]), { seed: 1 });
    expect([alone.shape, alone.item()]).toEqual([[], 1]);
  });

  it('never draws what has no probability', () => {
    const rows = torch.tensor([[0, -Infinity, 0]]).expand([5000, 3]);
    expect(torch.sampleCategorical(rows, { seed: 1 }).eq(1).any().item()).toBe(0);
  });

  it('records nothing', () => {
    const recorded = torch.zeros([4, 3], { requiresGrad: true });
    expect(torch.sampleCategorical(recorded, { seed: 1 }).requiresGrad).toBe(false);
  });

  it('refuses NaN, a distribution without a finite logit, and a scalar', () => {
    const nan = torch.tensor([[0, NaN]]);
    expect(() => torch.sampleCategorical(nan, { seed: 1 })).toThrow(/not finite/);
    const none = torch.tensor([-Infinity, -Infinity]);
    expect(() => torch.sampleCategorical(none, { seed: 1 })).toThrow(/not finite/);
    expect(() => torch.sampleCategorical(torch.tensor(1), { seed: 1 })).toThrow(/\[\.\.\., K\]/);
  });
});
