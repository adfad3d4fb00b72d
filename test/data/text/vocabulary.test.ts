import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeVocabulary } from '../../../src/data/text/vocabulary.ts';

const someWords = fc
  .uniqueArray(fc.constantFrom('<unk>', ...'abcdefgh'), { maxLength: 9 })
  .map((words) => ['<eos>', ...words]);
const counted = someWords.chain((words) =>
  fc.tuple(
    fc.constant(words),
    fc.array(fc.nat(4), { minLength: words.length, maxLength: words.length }),
  ),
);
const limits = fc.option(fc.integer({ min: 2, max: 12 }), { nil: null });

describe('a vocabulary', () => {
  it('counts every training token once, the most frequent first, within its limit', () => {
    fc.assert(
      fc.property(counted, limits, ([words, counts], limit) => {
        const { types, counts: kept } = makeVocabulary(words, counts, limit);
        const total = (list: readonly number[]) => list.reduce((sum, count) => sum + count, 0);
        expect(total(kept)).toBe(total(counts));
        expect([...kept].sort((a, b) => b - a)).toEqual(kept);
        expect(new Set(types).size).toBe(types.length);
        if (limit !== null) expect(types.length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('has a token for every word: its own, or <unk>', () => {
    fc.assert(
      fc.property(counted, limits, ([words, counts], limit) => {
        const { types, tokens } = makeVocabulary(words, counts, limit);
        words.forEach((word, i) => {
          expect(types[tokens[i]!]).toBe(types.includes(word) ? word : '<unk>');
        });
      }),
    );
  });

  it('leaves out no word that is more frequent than one it keeps', () => {
    fc.assert(
      fc.property(counted, limits, ([words, counts], limit) => {
        const { types } = makeVocabulary(words, counts, limit);
        const plain = words
          .map((word, i) => ({ word, count: counts[i]! }))
          .filter(({ word }) => word !== '<eos>' && word !== '<unk>');
        const kept = plain.filter(({ word }) => types.includes(word));
        const dropped = plain.filter(({ word }) => !types.includes(word));
        const least = Math.min(...kept.map(({ count }) => count));
        expect(dropped.every(({ count }) => count <= least)).toBe(true);
      }),
    );
  });
});
