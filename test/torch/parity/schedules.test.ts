import { describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { type Case, Fixture } from './fixture.ts';

type Schedule = Case<torch.CosineRestarts & { readonly epochs: number }>;

const fixture = new Fixture<Schedule>('schedules');

describe('cosineRestarts', () => {
  it.each(fixture.cases)('is CosineAnnealingWarmRestarts, %#', ({ name, options }) => {
    const { epochs, ...schedule } = options;
    const rates = fixture.get(`${name}/rates`).tolist() as number[];
    expect(rates).toHaveLength(epochs);
    for (const [epoch, rate] of rates.entries()) {
      expect(torch.cosineRestarts(epoch, schedule)).toBeCloseTo(rate, 14);
    }
  });

  it.each([
    { epochs: 310, min: 0.001 },
    { epochs: 630, min: 0.0005 },
  ])('ends a period after $epochs epochs', ({ epochs, min }) => {
    const schedule = { max: 0.05, min, period: 10, factor: 2 };
    expect(torch.cosineRestarts(epochs - 1, schedule)).toBeCloseTo(min, 4);
    expect(torch.cosineRestarts(epochs, schedule)).toBe(0.05);
  });

  it.each([
    [-1, {}, /cosineRestarts: epoch: expected a number of at least 0, got -1/],
    [Number.NaN, {}, /epoch: expected a number of at least 0, got NaN/],
    [5, { period: 0 }, /period: expected a positive number, got 0/],
    [5, { factor: 0.5 }, /factor: expected a number of at least 1, got 0.5/],
    [5, { periods: 3 }, /cosineRestarts: option: expected one of .*did you mean period\?/],
  ])('refuses epoch %d with %o', (epoch, wrong, message) => {
    const schedule = { max: 1, min: 0, period: 10, factor: 2, ...wrong };
    expect(() => torch.cosineRestarts(epoch, schedule)).toThrow(message);
  });
});
