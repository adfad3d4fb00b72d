import fc from 'fast-check';
import { expect, it } from 'vitest';
import { channelStatistics } from '../../src/data/statistics.ts';
import * as torch from '../../src/torch/index.ts';

it('agrees with float64 mean and population deviation of each channel', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 2, max: 30 }),
      fc.nat(),
      (n, channels, plane, seed) => {
        const images = torch.randint(0, 256, [n, channels, plane], { seed });
        const pixels = images.to({ dtype: 'uint8' }).toTypedArray() as Uint8Array;
        const { mean, std } = channelStatistics(pixels, channels, plane);
        const scaled = images.to({ dtype: 'float64' }).div(255);
        const expected = [scaled.mean([0, 2]), scaled.std([0, 2], { correction: 0 })];
        [mean, std].forEach((actual, i) => {
          const values = expected[i]!.toTypedArray();
          actual.forEach((value, c) => {
            expect(value).toBeCloseTo(Number(values[c]), 12);
          });
        });
      },
    ),
    { numRuns: 50 },
  );
});

it('gives a channel of one value the deviation 1, so that it can be divided by', () => {
  expect(channelStatistics(new Uint8Array([51, 51, 0, 255, 51, 51, 0, 255]), 2, 2)).toEqual({
    mean: [0.2, 0.5],
    std: [1, 0.5],
  });
});
