import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spread } from '../../../src/spaces/picture/spread.ts';

describe('spread', () => {
  it('leaves alone what is apart', () => {
    expect(spread([0, 100, 250], [20, 40, 10], 5)).toEqual([0, 100, 250]);
  });

  it('moves boxes that would overlap apart, evenly about where they were wanted', () => {
    expect(spread([50, 50], [20, 20], 10)).toEqual([35, 65]);
    expect(spread([60, 40], [20, 20], 10)).toEqual([35, 65]);
  });

  it('keeps order and gaps whatever is wanted, and moves the whole by nothing on average', () => {
    const box = fc.record({
      wanted: fc.double({ min: -500, max: 500, noNaN: true }),
      width: fc.double({ min: 1, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(box, { minLength: 1, maxLength: 10 }), (boxes) => {
        const wanted = boxes.map((each) => each.wanted);
        const widths = boxes.map((each) => each.width);
        const centres = spread(wanted, widths, 7);
        for (let i = 1; i < boxes.length; i++) {
          const room = (widths[i - 1]! + widths[i]!) / 2 + 7;
          expect(centres[i]! - centres[i - 1]!).toBeGreaterThan(room - 1e-6);
        }
        const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
        expect(sum(centres)).toBeCloseTo(sum(wanted), 4);
      }),
    );
  });
});
