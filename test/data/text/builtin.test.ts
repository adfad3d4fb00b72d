import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { loadText } from '../../../src/data/load.ts';
import { Paragraph } from '../../../src/data/text/builtin/grammar.ts';
import {
  conjunctions,
  determiners,
  names,
  prepositions,
  quotes,
  relatives,
  speech,
  topics,
} from '../../../src/data/text/builtin/lexicon.ts';
import { builtinText, builtinTextSplit } from '../../../src/data/text/builtin.ts';
import { unigramPerplexity } from '../../../src/data/text/unigram.ts';
import { Streams } from '../../../src/random/streams.ts';
import { isSentence } from './recogniser.ts';

const topicWords = topics.map(
  ({ people, things, transitive, intransitive, adjectives }) =>
    new Set([
      ...[...people, ...things, ...transitive, ...intransitive].flatMap((word) => [
        word.singular,
        word.plural,
      ]),
      ...adjectives,
    ]),
);

describe('the words of the built-in text', () => {
  it('mean one thing each', () => {
    const function_ = [
      ...new Set([...determiners.singular, ...determiners.plural]),
      ...prepositions,
      ...speech.flatMap(({ singular, plural }) => [singular, plural]),
      ...quotes.flat(),
      ...Object.values(relatives),
      ...conjunctions,
      ...names,
    ];
    const all = [...topicWords.flatMap((words) => [...words]), ...function_];
    expect(new Set(all).size).toBe(all.length);
  });

  it('tell singular from plural in every verb and, but for sheep and deer, every noun', () => {
    const inflected = topics.flatMap(({ people, things, transitive, intransitive }) => [
      ...people,
      ...things,
      ...transitive,
      ...intransitive,
    ]);
    const alike = [...inflected, ...speech].filter(({ singular, plural }) => singular === plural);
    expect(alike.map(({ singular }) => singular)).toEqual(['sheep', 'deer']);
  });
});

describe('a paragraph', () => {
  const paragraphs = Array.from(
    { length: 200 },
    (_, i) => new Paragraph(new Streams(1).draw('test', i)),
  );
  const lines = ({ words }: Paragraph) =>
    words
      .join(' ')
      .split('<eos>')
      .map((line) => line.trim());

  it('is 4 to 9 sentences of the grammar, all agreement kept, and an empty line', () => {
    for (const paragraph of paragraphs) {
      const sentences = lines(paragraph);
      expect(sentences.splice(-2)).toEqual(['', '']);
      expect(sentences.length).toBeGreaterThanOrEqual(4);
      expect(sentences.length).toBeLessThanOrEqual(9);
      for (const sentence of sentences) {
        expect(isSentence(sentence.split(' ')), sentence).toBe(true);
      }
    }
  });

  it('is told from one with a verb in the other number', () => {
    expect(isSentence('the cook who the guests taste sleeps .'.split(' '))).toBe(true);
    expect(isSentence('the cook who the guests taste sleep .'.split(' '))).toBe(false);
    expect(isSentence('the cook who the guests tastes sleeps .'.split(' '))).toBe(false);
    expect(isSentence("these cooks boil , don't they ?".split(' '))).toBe(true);
    expect(isSentence("these cooks boil , doesn't it ?".split(' '))).toBe(false);
    expect(isSentence('anna says , « boris boils » .'.split(' '))).toBe(true);
    expect(isSentence('anna says , « boris boils ) .'.split(' '))).toBe(false);
  });

  it('has agreement across other nouns and quotations within quotations', () => {
    const text = paragraphs.flatMap(lines);
    expect(text.some((line) => /« .*“ .*” .*»|\( .*« .*» .*\)/.test(line))).toBe(true);
    expect(text.some((line) => /who [^,.]*who [^,.]*who/.test(line))).toBe(true);
  });

  it('is about one topic and two people', () => {
    for (const { words } of paragraphs) {
      const hits = topicWords.map((topic) => words.filter((word) => topic.has(word)).length);
      const total = hits.reduce((sum, count) => sum + count, 0);
      // 0.9 + 0.1/8 of them on average.
      expect(Math.max(...hits) / total).toBeGreaterThan(0.6);
      const people = new Set(words.filter((word) => (names as readonly string[]).includes(word)));
      expect(people.size).toBeLessThanOrEqual(2);
    }
  });
});

describe('the built-in text', () => {
  it('has 200,000, 10,000 and 10,000 tokens of a few hundred types, all of them in training', async () => {
    const { vocabulary, train, valid, test, trainCounts, notes } = await loadText('builtin');
    expect([train, valid, test].map((split) => split.numel())).toEqual([200_000, 10_000, 10_000]);
    expect(vocabulary.length).toBeGreaterThan(200);
    expect(vocabulary.length).toBeLessThan(500);
    expect(vocabulary).not.toContain('<unk>');
    expect(Math.min(...trainCounts)).toBeGreaterThan(20);
    expect(notes).toEqual([]);
  });

  it('is a function of the seed, every paragraph of its index alone', async () => {
    const [few, more, other, valid] = await Promise.all([
      builtinTextSplit(3, 'train', 500),
      builtinTextSplit(3, 'train', 900),
      builtinTextSplit(4, 'train', 500),
      builtinTextSplit(3, 'valid', 500),
    ]);
    expect(more.words.slice(0, 500)).toEqual(few.words);
    expect(other.words).not.toEqual(few.words);
    expect(valid.words).not.toEqual(few.words);
    const second = new Paragraph(new Streams(3).draw('data/builtin/text/train', 1)).words;
    const first = new Paragraph(new Streams(3).draw('data/builtin/text/train', 0)).words;
    expect(more.words.slice(first.length, first.length + second.length)).toEqual(second);
  });

  it('takes more than the last word to predict: bigrams are far from its grammar, unigrams farther', async () => {
    const { words, train, valid } = await builtinText();
    const counts = new Array<number>(words.length).fill(0);
    const pairs = new Map<number, number>();
    train.forEach((token, i) => {
      counts[token] = counts[token]! + 1;
      const pair = (train[i - 1] ?? 0) * words.length + token;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    });
    let nats = 0;
    for (let i = 1; i < valid.length; i++) {
      const [before, token] = [valid[i - 1]!, valid[i]!];
      const seen = (pairs.get(before * words.length + token) ?? 0) / counts[before]!;
      nats -= Math.log(0.97 * seen + (0.03 * counts[token]!) / train.length);
    }
    const bigram = Math.exp(nats / (valid.length - 1));
    const grammar = Math.exp((await builtinTextSplit(0, 'valid', 10_000)).nats);
    expect(unigramPerplexity(valid, counts)).toBeGreaterThan(5 * bigram);
    expect(bigram).toBeGreaterThan(2.3 * grammar);
  });

  it('leaves the event loop free while it is written', async () => {
    let done = false;
    const written = builtinTextSplit(0, 'train', 50_000).finally(() => {
      done = true;
    });
    let turns = 0;
    for (; !done; turns++) await setImmediate();
    await written;
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});
