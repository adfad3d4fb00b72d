import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scored } from '../../src/custom/scored.ts';

/** Counted one by one, as the definition says. */
const shareOf = (reward: number, rewards: readonly number[]) =>
  rewards.reduce((sum, each) => sum + (each < reward ? 1 : each === reward ? 0.5 : 0), 0) /
  rewards.length;

describe('Scored', () => {
  it('tells what share of the rewards so far one is better than, equal ones half', () => {
    const few = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(few, (rewards) => {
        const scored = new Scored();
        for (const [i, reward] of rewards.entries()) {
          scored.add([i], reward);
          const soFar = rewards.slice(0, i + 1);
          expect(soFar.map((each) => scored.share(each))).toEqual(
            soFar.map((each) => expect.closeTo(shareOf(each, soFar), 12)),
          );
          expect(scored.isConstant).toBe(new Set(soFar).size === 1);
        }
      }),
    );
  });

  it('knows the architectures that were scored, one of skips from one that differs in a bit', () => {
    const scored = new Scored();
    scored.add([1, [0, 1]], 3);
    expect(scored.has([1, [0, 1]])).toBe(true);
    expect(scored.has([1, [1, 1]])).toBe(false);
    expect(scored.has([0, [0, 1]])).toBe(false);
  });
});
