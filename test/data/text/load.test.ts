import { describe, expect, it } from 'vitest';
import { type LoadTextOptions, loadText } from '../../../src/data/load.ts';
import { task } from '../../../src/data/text/dataset.ts';
import { folderOf, smallText } from './files.ts';

const load = (files: Record<string, string | Uint8Array>, options: LoadTextOptions = {}) =>
  loadText(`text:${folderOf(files)}`, options);

describe('a text folder', () => {
  it('becomes tokens of a vocabulary by frequency and then code unit, every line end <eos>', async () => {
    const dataset = await load(smallText);
    const { vocabulary, train, valid, test } = dataset;
    expect(vocabulary).toEqual(['the', '<eos>', 'sat', 'cat', 'dog', 'mat', 'on']);
    expect(train.tolist()).toEqual([0, 3, 2, 1, 0, 4, 2, 6, 0, 5, 1]);
    expect(valid.tolist()).toEqual([0, 3, 1]);
    expect(test.tolist()).toEqual([0, 4, 1]);
    expect(train.dtype).toBe('int64');
    expect(dataset).toMatchObject({
      name: 'corpus',
      trainCounts: [3, 2, 2, 1, 1, 1, 1],
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      notes: [],
    });
    expect(task(dataset)).toEqual({ kind: 'text', vocabulary: 7 });
  });

  it('has the unigram perplexity of its training counts', async () => {
    const { unigramPerplexity } = await load(smallText);
    // p = 3/11 (the), 1/11 (cat, dog), 2/11 (<eos>).
    const expected = (11 ** 3 / (3 * 1 * 2)) ** (1 / 3);
    expect(unigramPerplexity.valid).toBeCloseTo(expected, 10);
    expect(unigramPerplexity.test).toBeCloseTo(expected, 10);
  });

  it('has <unk> for what training lacks, counted once for the unigram perplexity', async () => {
    const { vocabulary, valid, trainCounts, unigramPerplexity, notes } = await load({
      ...smallText,
      'valid.txt': 'the bird\n',
    });
    expect(vocabulary).toEqual(['the', '<eos>', 'sat', 'cat', 'dog', 'mat', 'on', '<unk>']);
    expect(valid.tolist()).toEqual([0, 7, 1]);
    expect(trainCounts[7]).toBe(0);
    expect(unigramPerplexity.valid).toBeCloseTo((11 ** 3 / (3 * 1 * 2)) ** (1 / 3), 10);
    expect(notes).toEqual([
      '1 validation and 0 test tokens are words that the training text lacks, hence <unk>',
    ]);
  });

  it('uses the <unk> that the training text has', async () => {
    const { vocabulary, valid } = await load({
      'train.txt': 'a <unk> a <unk> <unk>\n',
      'valid.txt': 'a b\n',
      'test.txt': 'a\n',
    });
    expect(vocabulary).toEqual(['<unk>', 'a', '<eos>']);
    expect(valid.tolist()).toEqual([1, 0, 2]);
  });

  it('keeps the most frequent types of a limit, <eos> and <unk> among them', async () => {
    const { vocabulary, train, valid, trainCounts, notes } = await load(smallText, {
      vocabularyLimit: 4,
    });
    expect(vocabulary).toEqual(['<unk>', 'the', '<eos>', 'sat']);
    expect(trainCounts).toEqual([4, 3, 2, 2]);
    expect(train.tolist()).toEqual([1, 0, 3, 2, 1, 0, 3, 0, 1, 0, 2]);
    expect(valid.tolist()).toEqual([1, 0, 2]);
    expect(notes).toEqual([
      "4 types of the training text's 7 words are kept; 36.4 % of its tokens are <unk>",
    ]);
  });

  it('has no more types than a limit even where <unk> is only in the other splits', async () => {
    const files = { ...smallText, 'valid.txt': 'bird\n' };
    const { vocabulary } = await load(files, { vocabularyLimit: 7 });
    expect(vocabulary).toHaveLength(7);
    expect(vocabulary).toContain('<unk>');
    expect((await load(files, { vocabularyLimit: 8 })).vocabulary).toHaveLength(8);
  });

  it('of the least limit is line ends and the unknown', async () => {
    const { vocabulary } = await load(smallText, { vocabularyLimit: 2 });
    expect(vocabulary).toEqual(['<unk>', '<eos>']);
  });

  it('keeps the first training tokens of a limit, and all else of the whole text', async () => {
    const whole = await load(smallText);
    const limited = await load(smallText, { trainLimit: 5 });
    expect(limited.train.tolist()).toEqual([0, 3, 2, 1, 0]);
    const { vocabulary, trainCounts, unigramPerplexity, fingerprint } = whole;
    expect(limited).toMatchObject({ vocabulary, trainCounts, unigramPerplexity, fingerprint });
    expect((await load(smallText, { trainLimit: 1000 })).train.numel()).toBe(11);
  });

  it('has another fingerprint when a word, its place or the vocabulary is another', async () => {
    const prints = await Promise.all([
      load(smallText),
      load({ ...smallText, 'test.txt': 'the cat\n' }),
      load({ ...smallText, 'train.txt': 'the dog sat\nthe cat sat on the mat\n' }),
      load({ ...smallText, 'train.txt': 'the rat sat\nthe dog sat on the mat\n' }),
      load(smallText, { vocabularyLimit: 5 }),
    ]);
    expect(new Set(prints.map(({ fingerprint }) => fingerprint)).size).toBe(5);
    expect((await load(smallText)).fingerprint).toBe(prints[0]!.fingerprint);
  });
});

describe('a spec', () => {
  it.each([
    ['txt:a', /^data: expected one of builtin, text, got "txt"; did you mean text\?/],
    ['text', /^data: expected text:<folder>, got "text"; name the folder after a colon/],
    ['text:', /^data: expected text:<folder>/],
    ['builtin:x', /^data: expected builtin alone, got "builtin:x"/],
    [
      'images:photos',
      /^data: expected one of builtin, text, got "images:photos"; images: is for spaces whose networks learn images, and this one's learn text$/,
    ],
    ['cifar10:x', /^data: expected one of builtin, text, got "cifar10:x"; cifar10: is for/],
  ])('%j is an error for text that says what was meant', async (spec, message) => {
    await expect(loadText(spec)).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  it('of a text is an error for images', async () => {
    const { loadImages } = await import('../../../src/data/load.ts');
    await expect(loadImages('text:x')).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(
        /^data: expected one of builtin, cifar10, images, got "text:x"; text: is for spaces whose networks learn text/,
      ),
    });
  });
});

it.each([
  [{ trainLimit: 0 }, /^trainLimit: expected an integer of at least 1, got 0/],
  [{ vocabularyLimit: 1 }, /^vocabularyLimit: expected an integer of at least 2, got 1/],
  [{ vocabularyLimit: 2.5 }, /^vocabularyLimit: expected an integer of at least 2, got 2\.5/],
])('a limit of %j is refused', async (options, message) => {
  await expect(loadText('builtin', options)).rejects.toMatchObject({
    code: 'ERR_ARGUMENT',
    message: expect.stringMatching(message),
  });
});

it('an aborted signal ends the reading with its reason', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(load(smallText, { signal })).rejects.toThrow(/enough|aborted/);
  await expect(loadText('builtin', { signal })).rejects.toThrow('enough');
});
