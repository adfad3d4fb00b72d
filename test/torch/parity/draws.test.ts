import { describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { Fixture } from './fixture.ts';

const fixture = new Fixture('draws');
const seed = fixture.facts.seed as number;

/** Each draw under the name it has in the fixture. */
const draws: Record<string, () => torch.Tensor> = {
  uniform: () => torch.uniform([5, 3], { low: -2, high: 3, seed }),
  uniform64: () => torch.uniform([5, 3], { seed, dtype: 'float64' }),
  normal: () => torch.normal([20], { mean: 1, std: 2, seed }),
  rand: () => torch.rand([7], { seed }),
  randn: () => torch.randn([7], { seed }),
  randint: () => torch.randint(-5, 90, [4, 4], { seed }),
  randperm: () => torch.randperm(17, { seed }),
  bernoulli: () => torch.bernoulli(fixture.get('bernoulli/probabilities'), { seed }),
  'multinomial/without': () => torch.multinomial(fixture.get('multinomial/weights'), 4, { seed }),
  'multinomial/with': () =>
    torch.multinomial(fixture.get('multinomial/weights'), 9, { replacement: true, seed }),
};

describe('a draw with a seed', () => {
  it.each(Object.keys(draws))('%s is what a PyTorch generator with that seed gives', (name) => {
    const drawn = draws[name]!();
    expect(drawn.dtype).toBe(fixture.get(name).dtype);
    expect(drawn.tolist()).toEqual(fixture.get(name).tolist());
  });

  it.each(Object.keys(draws))('%s does not depend on what was drawn before', (name) => {
    const first = draws[name]!().tolist();
    torch.rand([3]);
    torch.rand([3], { seed: 7 });
    expect(draws[name]!().tolist()).toEqual(first);
  });
});

describe('a draw without a seed', () => {
  it('comes from the default generator', () => {
    torch.manualSeed(5);
    const first = [torch.rand([4]), torch.rand([4])].map((tensor) => tensor.tolist());
    expect(first[0]).not.toEqual(first[1]);
    torch.manualSeed(5);
    expect([torch.rand([4]), torch.rand([4])].map((tensor) => tensor.tolist())).toEqual(first);
  });

  it('is not moved by draws with a seed', () => {
    torch.manualSeed(5);
    const first = torch.rand([4]).tolist();
    torch.manualSeed(5);
    torch.rand([4], { seed: 1 });
    expect(torch.rand([4]).tolist()).toEqual(first);
  });
});

describe('random tensors', () => {
  it('have the moments of their distributions', () => {
    const uniform = torch.uniform([100_000], { low: 2, high: 4, seed: 1 });
    expect(uniform.mean().item()).toBeCloseTo(3, 2);
    expect(uniform.variance().item()).toBeCloseTo(4 / 12, 2);
    expect(uniform.min().item()).toBeGreaterThanOrEqual(2);
    expect(uniform.max().item()).toBeLessThan(4);
    const normal = torch.normal([100_000], { mean: -1, std: 0.5, seed: 2, dtype: 'float64' });
    expect(normal.mean().item()).toBeCloseTo(-1, 2);
    expect(normal.std().item()).toBeCloseTo(0.5, 2);
  });

  it('keep to the ranges of whole numbers', () => {
    const drawn = torch.randint(3, 6, [1000], { seed: 3 });
    expect([...new Set(drawn.tolist() as number[])].sort()).toEqual([3, 4, 5]);
    expect((torch.randperm(50, { seed: 4 }).tolist() as number[]).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  it('draw indices by their weights, and never one of weight 0', () => {
    const weights = torch.tensor([0, 1, 3]);
    const drawn = torch.multinomial(weights, 40_000, { replacement: true, seed: 5 });
    expect(drawn.eq(0).any().item()).toBe(0);
    expect(drawn.eq(2).to({ dtype: 'float32' }).mean().item()).toBeCloseTo(0.75, 2);
  });

  it('may require a gradient and have another dtype', () => {
    const drawn = torch.randn([2], { seed: 1, dtype: 'float64', requiresGrad: true });
    expect([drawn.dtype, drawn.requiresGrad, drawn.isLeaf]).toEqual(['float64', true, true]);
  });
});

describe('dropout', () => {
  const x = torch.ones([200, 200]);

  it('zeroes a share p and keeps the mean', () => {
    const y = torch.functional.dropout(x, { p: 0.25, seed: 1 });
    expect(y.eq(0).to({ dtype: 'float32' }).mean().item()).toBeCloseTo(0.25, 2);
    expect(y.max().item()).toBeCloseTo(4 / 3, 6);
    expect(y.mean().item()).toBeCloseTo(1, 1);
  });

  it('is a function of its seed', () => {
    const draw = (seed: number) => torch.functional.dropout(x, { p: 0.5, seed });
    expect(draw(3).eq(draw(3)).all().item()).toBe(1);
    expect(draw(3).eq(draw(4)).all().item()).toBe(0);
  });

  it('gives the input itself when not training or at p = 0', () => {
    expect(torch.functional.dropout(x, { p: 0.5, training: false })).toBe(x);
    expect(torch.functional.dropout(x, { p: 0 })).toBe(x);
  });

  it('passes the gradient through what it kept', () => {
    const leaf = torch.ones([50], { requiresGrad: true });
    const y = torch.functional.dropout(leaf, { p: 0.5, seed: 2 });
    y.sum().backward();
    expect(leaf.grad!.tolist()).toEqual(y.tolist());
  });

  it.each([-0.1, 1, 1.5, Number.NaN])('refuses p = %d', (p) => {
    expect(() => torch.functional.dropout(x, { p })).toThrow(/dropout: p must be in \[0, 1\)/);
  });
});
