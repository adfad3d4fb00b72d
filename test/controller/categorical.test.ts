import { describe, expect, it } from 'vitest';
import { Categorical } from '../../src/controller/categorical.ts';
import * as torch from '../../src/torch/index.ts';

// Two distributions over three: (0.5, 0.25, 0.25) and (0.1, 0.2, 0.7).
const probabilities = [
  [0.5, 0.25, 0.25],
  [0.1, 0.2, 0.7],
] as const;
const distribution = new Categorical(torch.tensor(probabilities).log().add(3));
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));

describe('a categorical distribution', () => {
  it('normalises its logits', () => {
    expect(distribution.probs.tolist()).toEqual(probabilities.map((row) => close(row)));
    expect(distribution.logProbs.tolist()).toEqual(
      probabilities.map((row) => close(row.map(Math.log))),
    );
  });

  it('gives the log-probability of an index', () => {
    const index = torch.tensor([0, 2], { dtype: 'int64' });
    expect(distribution.logProb(index).tolist()).toEqual(close([Math.log(0.5), Math.log(0.7)]));
  });

  it('gives its entropy', () => {
    const entropy = (row: readonly number[]) => -row.reduce((sum, p) => sum + p * Math.log(p), 0);
    expect(distribution.entropy().tolist()).toEqual(close(probabilities.map(entropy)));
    expect(entropy(probabilities[0])).toBeCloseTo(1.5 * Math.log(2), 12);
  });

  it('gives its divergence from another', () => {
    const target = torch.tensor([0.5, 0.25, 0.25]);
    const kl = 0.1 * Math.log(0.1 / 0.5) + 0.2 * Math.log(0.2 / 0.25) + 0.7 * Math.log(0.7 / 0.25);
    expect(distribution.klTo(target).tolist()).toEqual(close([0, kl]));
  });

  it('has the gradient of the score function', () => {
    const logits = torch.zeros([4, 3], { requiresGrad: true });
    const index = torch.tensor([0, 1, 2, 2], { dtype: 'int64' });
    new Categorical(logits).logProb(index).sum().backward();
    // One minus p where the index is, minus p elsewhere.
    expect(logits.grad!.sum().item()).toBeCloseTo(0, 6);
    expect(logits.grad!.max(1).tolist()).toEqual(close([2 / 3, 2 / 3, 2 / 3, 2 / 3]));
  });
});
