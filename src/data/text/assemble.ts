import { createHash } from 'node:crypto';
import type { Device } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';
import type { TextDataset } from './dataset.ts';
import { unigramPerplexity } from './unigram.ts';
import { makeVocabulary, type Vocabulary } from './vocabulary.ts';
import { unknownWord } from './words.ts';

/** A text in memory. */
export interface RawText {
  readonly name: string;
  readonly notes: readonly string[];
  /** Every word that occurs, `<eos>` too. */
  readonly words: readonly string[];
  /** Indices into the words. */
  readonly train: Int32Array;
  readonly valid: Int32Array;
  readonly test: Int32Array;
}

export interface AssembleOptions {
  readonly device: Device;
  /** Keep the first so many training tokens; null = all. */
  readonly trainLimit: number | null;
  /** Keep so many types; null = all. */
  readonly vocabularyLimit: number | null;
}

/**
 * A data set on a device, of a text in memory. Vocabulary, counts, unigram perplexity and
 * fingerprint (a SHA-256 of the types and all tokens) are those of the whole training text, also
 * where a limit keeps only its beginning.
 */
export function assembleText(
  raw: RawText,
  { device, trainLimit, vocabularyLimit }: AssembleOptions,
): TextDataset {
  const wordCounts = count(raw.train, raw.words.length);
  const vocabulary = makeVocabulary(raw.words, wordCounts, vocabularyLimit);
  const [train, valid, test] = [raw.train, raw.valid, raw.test].map((words) =>
    words.map((word) => vocabulary.tokens[word]!),
  ) as [Int32Array, Int32Array, Int32Array];
  const onDevice = (tokens: Int32Array) =>
    torch.fromTypedArray(BigInt64Array.from(tokens, BigInt), [tokens.length], { device });
  return {
    name: raw.name,
    vocabulary: vocabulary.types,
    train: onDevice(trainLimit === null ? train : train.subarray(0, trainLimit)),
    valid: onDevice(valid),
    test: onDevice(test),
    trainCounts: vocabulary.counts,
    unigramPerplexity: {
      valid: unigramPerplexity(valid, vocabulary.counts),
      test: unigramPerplexity(test, vocabulary.counts),
    },
    fingerprint: fingerprintOf(vocabulary.types, [train, valid, test]),
    notes: [
      ...raw.notes,
      ...limitNotes(raw, wordCounts, vocabulary),
      ...unseenNotes(raw, wordCounts),
    ],
  };
}

function count(tokens: Int32Array, types: number): number[] {
  const counts = new Array<number>(types).fill(0);
  for (const token of tokens) counts[token] = counts[token]! + 1;
  return counts;
}

function fingerprintOf(vocabulary: readonly string[], splits: readonly Int32Array[]): string {
  const hash = createHash('sha256').update(JSON.stringify(vocabulary));
  for (const tokens of splits) hash.update(`\0${tokens.length}\0`).update(tokens);
  return hash.digest('hex');
}

/** What a limit of the vocabulary has left out. */
function limitNotes(
  { train }: RawText,
  wordCounts: readonly number[],
  { types, counts }: Vocabulary,
): string[] {
  const found = wordCounts.filter((count) => count > 0).length;
  if (found <= types.length) return [];
  const share = (100 * counts[types.indexOf(unknownWord)]!) / train.length;
  return [
    `${types.length} types of the training text's ${found} words are kept; ` +
      `${share.toFixed(1)} % of its tokens are ${unknownWord}`,
  ];
}

/** What is unknown because training lacks it. */
function unseenNotes({ valid, test }: RawText, wordCounts: readonly number[]): string[] {
  const unseen = (tokens: Int32Array) =>
    tokens.reduce((sum, word) => sum + (wordCounts[word] === 0 ? 1 : 0), 0);
  const [inValid, inTest] = [unseen(valid), unseen(test)];
  if (inValid + inTest === 0) return [];
  return [
    `${inValid} validation and ${inTest} test tokens are words that the training text lacks, ` +
      `hence ${unknownWord}`,
  ];
}
