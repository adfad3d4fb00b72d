import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseToken } from '../../src/use/chooseToken.ts';

const logits = Float64Array.of(0.5, 2, -1, 1.9, 0);
const all = Number.POSITIVE_INFINITY;

/** How often each token is chosen by evenly spread draws. */
function shares(values: Float64Array, temperature: number, topK = all, draws = 20_000): number[] {
  const counts = new Array<number>(values.length).fill(0);
  for (let i = 0; i < draws; i++) {
    const token = chooseToken(values, { temperature, topK }, (i + 0.5) / draws);
    counts[token] = counts[token]! + 1;
  }
  return counts.map((count) => count / draws);
}

function softmax(values: readonly number[]): number[] {
  const weights = values.map(Math.exp);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 3));

describe('a token', () => {
  test.each([0.5, 1, 3])('is drawn by the softmax of logits / %d', (temperature) => {
    const expected = softmax(Array.from(logits, (logit) => logit / temperature));
    expect(shares(logits, temperature)).toEqual(close(expected));
  });

  test('is drawn among the k most probable alone', () => {
    const [a, b, c] = softmax([0.5, 2, 1.9]);
    expect(shares(logits, 1, 3)).toEqual(close([a!, b!, 0, c!, 0]));
    expect(shares(logits, 1, 1)).toEqual([0, 1, 0, 0, 0]);
    expect(shares(logits, 1, 5)).toEqual(shares(logits, 1));
  });

  test('of equal logits is the lower one for the larger', () => {
    const equal = Float64Array.of(0, 1, 1, 1);
    expect(chooseToken(equal, { temperature: 0, topK: all }, 0.99)).toBe(1);
    expect(shares(equal, 1, 2)).toEqual(close([0, 0.5, 0.5, 0]));
  });

  test('at temperature 0 is the most probable one, and nearly so a little above', () => {
    expect(shares(logits, 0)).toEqual([0, 1, 0, 0, 0]);
    expect(shares(logits, 1e-300)).toEqual([0, 1, 0, 0, 0]);
    expect(shares(logits, 0.001)).toEqual([0, 1, 0, 0, 0]);
  });

  test('is always one of those that have a chance, whatever the logits', () => {
    fc.assert(
      fc.property(
        fc.float64Array({ minLength: 1, maxLength: 20, noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (values, temperature, topK, uniform) => {
          const token = chooseToken(values, { temperature, topK }, uniform);
          const above = values.filter((value) => value > values[token]!).length;
          expect(above).toBeLessThan(topK);
        },
      ),
    );
  });
});
