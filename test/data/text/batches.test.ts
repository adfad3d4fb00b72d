import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleText } from '../../../src/data/text/assemble.ts';
import { TextBatches } from '../../../src/data/text/batches.ts';
import { cutIntoPieces } from '../../../src/data/text/pieces.ts';
import { Streams } from '../../../src/random/streams.ts';
import * as torch from '../../../src/torch/index.ts';
import { collected } from '../../collected.ts';

/** Splits in which token i is i. */
function batchesOf({ train = 50, valid = 50, test = 50 } = {}, seed = 1): TextBatches {
  const count = Math.max(train, valid, test);
  const words = [
    '<eos>',
    ...Array.from({ length: count - 1 }, (_, i) => `word${`${i + 1}`.padStart(4, '0')}`),
  ];
  const numbers = (length: number) => Int32Array.from({ length }, (_, i) => i);
  const raw = { name: 'numbers', notes: [], words, valid: numbers(valid), test: numbers(test) };
  const options = { device: 'cpu', trainLimit: train, vocabularyLimit: null } as const;
  return new TextBatches(
    assembleText({ ...raw, train: numbers(count) }, options),
    new Streams(seed),
  );
}

describe('the pieces of a column', () => {
  const steps = fc.integer({ min: 0, max: 500 });
  const length = fc.integer({ min: 1, max: 60 });

  it('follow each other from the first step on and leave out at most one', () => {
    fc.assert(
      fc.property(steps, length, fc.boolean(), fc.nat(), (steps, bptt, jitter, seed) => {
        const draw = jitter ? new Streams(seed).draw('x') : undefined;
        let next = 0;
        for (const { start, length } of cutIntoPieces(steps, bptt, draw)) {
          expect(start).toBe(next);
          next += length;
        }
        expect(steps - next).toBeLessThanOrEqual(1);
        expect(steps - next).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it.each([
    [70, [35, 35]],
    [71, [35, 35]],
    [72, [35, 35, 2]],
    [34, [34]],
    [1, []],
    [0, []],
  ])('of %d steps have the lengths %j', (steps, lengths) => {
    expect(cutIntoPieces(steps, 35).map(({ length }) => length)).toEqual(lengths);
  });

  it('have lengths drawn round bptt, now and then half of it, and at least 5', () => {
    const pieces = cutIntoPieces(350_000, 35, new Streams(1).draw('x')).slice(0, -1);
    const lengths = pieces.map(({ length }) => length);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    // .95·35 + .05·17.5
    expect(mean).toBeCloseTo(34.1, 0);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(5);
    const low = lengths.filter((length) => length < 25).length / lengths.length;
    // .05·P(z < 1.4) + .95·P(z < −2.1), a half step off for the rounding
    expect(low).toBeCloseTo(0.063, 2);
    const short = cutIntoPieces(10_000, 6, new Streams(1).draw('x')).slice(0, -1);
    expect(Math.min(...short.map(({ length }) => length))).toBe(5);
  });
});

describe('an epoch', () => {
  it('is columns of consecutive tokens, targets one later', () => {
    const { pieces, at } = batchesOf().train(1, { columns: 3, bptt: 10 });
    // 50 tokens: columns from 0, 16 and 32; 15 steps.
    expect(pieces.map(({ length }) => length)).toEqual([10, 5]);
    const [first, second] = [at(0), at(1)];
    expect(first.inputs.shape).toEqual([10, 3]);
    expect(first.inputs.dtype).toBe('int64');
    const rows = (from: number, length: number) =>
      Array.from({ length }, (_, t) => [from + t, from + 16 + t, from + 32 + t]);
    expect(first.inputs.tolist()).toEqual(rows(0, 10));
    expect(first.targets.tolist()).toEqual(rows(1, 10));
    expect(second.inputs.tolist()).toEqual(rows(10, 5));
    expect(second.targets.tolist()).toEqual(rows(11, 5));
    expect(second.inputs.isContiguous()).toBe(true);
  });

  it('with jitter is a function of the seed and the epoch', () => {
    const lengths = (epoch: number, seed = 1) =>
      batchesOf({ train: 1000 }, seed)
        .train(epoch, { columns: 2, bptt: 20, jitter: true })
        .pieces.map(({ length }) => length);
    expect(lengths(1)).toEqual(lengths(1));
    expect(lengths(2)).not.toEqual(lengths(1));
    expect(lengths(1, 2)).not.toEqual(lengths(1));
  });

  it('of a text too short for its columns is an error', () => {
    expect(() => batchesOf({ train: 29 }).train(1, { columns: 10, bptt: 5 })).toThrow(
      'numbers: expected at least 3 training tokens for each of 10 columns, got 29; ' +
        'use a smaller --batch or a larger --train-limit',
    );
    expect(batchesOf({ train: 30 }).train(1, { columns: 10, bptt: 5 }).pieces).toHaveLength(1);
  });
});

describe('a whole split as one text', () => {
  it('predicts every token from the one before, the first from <eos>, in pieces of any length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        (total, length) => {
          const { columns, pieces, at } = batchesOf({ valid: total }).whole('valid', length);
          expect(columns).toBe(1);
          const read = (key: 'inputs' | 'targets') =>
            [...pieces.keys()].flatMap((index) => at(index)[key].flatten().tolist());
          const all = Array.from({ length: total }, (_, i) => i);
          expect(read('targets')).toEqual(all);
          expect(read('inputs')).toEqual([0, ...all.slice(0, -1)]);
        },
      ),
      { numRuns: 30 },
    );
  });
});

it('a whole split of a text without <eos> is an error', () => {
  const tokens = torch.zeros([5], { dtype: 'int64' });
  const dataset = {
    name: 'own',
    vocabulary: ['a'],
    train: tokens,
    valid: tokens,
    test: tokens,
    trainCounts: [5],
    unigramPerplexity: { valid: 1, test: 1 },
    fingerprint: '',
    notes: [],
  };
  expect(() => new TextBatches(dataset, new Streams(1)).whole('test', 5)).toThrow(
    'own: expected <eos> in the vocabulary, got none; the first token of a split is predicted from it',
  );
});

describe('a split in columns', () => {
  it('has fewer of them where it is short', () => {
    const { columns, pieces } = batchesOf({ test: 20 }).all('test', { columns: 64, bptt: 35 });
    expect(columns).toBe(6);
    expect(pieces).toEqual([{ start: 0, length: 2 }]);
    expect(() => batchesOf({ test: 2 }).all('test', { columns: 64, bptt: 35 })).toThrow(
      'numbers: expected at least 3 tokens of test text, got 2; give a longer text',
    );
  });
});

describe('minibatches for rewards', () => {
  const layout = { columns: 2, bptt: 4 };

  it('are the pieces of the validation columns, each once a pass, in ever new orders', () => {
    const batches = batchesOf();
    const starts = (from: number, stream?: string) =>
      Array.from({ length: 6 }, (_, i) => {
        const { inputs, targets } = batches.reward(from + i, layout, stream).at(0);
        const rows = inputs.tolist() as number[][];
        expect(inputs.shape).toEqual([4, 2]);
        expect(rows).toEqual(rows.map((_, t) => [rows[0]![0]! + t, rows[0]![0]! + 25 + t]));
        expect(targets.tolist()).toEqual(rows.map((row) => row.map((token) => token + 1)));
        return rows[0]![0]!;
      });
    const passes = [0, 6, 12, 18].map((from) => starts(from));
    for (const pass of passes) {
      expect([...pass].sort((a, b) => a - b)).toEqual([0, 4, 8, 12, 16, 20]);
    }
    expect(new Set(passes.map(String)).size).toBeGreaterThan(1);
    expect(starts(6)).toEqual(passes[1]);
    expect([starts(0, 'other'), starts(6, 'other')]).not.toEqual(passes.slice(0, 2));
  });

  it('are shorter and narrower where the split is', () => {
    const pass = batchesOf({ valid: 10 }).reward(5, { columns: 8, bptt: 35 });
    expect(pass.at(0).inputs.shape).toEqual([2, 3]);
  });
});

it('makes no tensor that the scope does not take back', () => {
  const batches = batchesOf();
  const before = collected().tensors;
  torch.scope(() => {
    batches.train(1, { columns: 3, bptt: 10 }).at(0);
    batches.whole('valid', 7).at(0);
    batches.reward(0, { columns: 3, bptt: 10 }).at(0);
  });
  expect(torch.memory().tensors).toBe(before);
});
