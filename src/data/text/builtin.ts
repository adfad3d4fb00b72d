import { setImmediate } from 'node:timers/promises';
import { Streams } from '../../random/streams.ts';
import type { RawText } from './assemble.ts';
import { Paragraph } from './builtin/grammar.ts';
import { Words } from './words.ts';

/** Tokens in each split of the built-in text. */
export const builtinTextSizes = { train: 200_000, valid: 10_000, test: 10_000 } as const;

export type BuiltinTextSplit = keyof typeof builtinTextSizes;

/** Paragraphs written between two turns of the event loop: some 10 ms. */
const paragraphsPerTurn = 100;

export interface BuiltinTextOptions {
  /** Another seed is another text of the same kind. Default 0, so that runs can be compared. */
  readonly seed?: number;
  /** Aborting it ends the writing with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The text that needs no download: 200,000 tokens to train on, 10,000 each for validation and test,
 * of a grammar (`builtin/grammar.ts`) with agreement across nested clauses, quotation marks that
 * must match, and paragraphs about one topic and two people. `scripts/validate-corpus.mjs` measures
 * how hard it is.
 */
export async function builtinText({ seed = 0, signal }: BuiltinTextOptions = {}): Promise<RawText> {
  const words = new Words();
  const split = async (name: BuiltinTextSplit) => {
    const { words: text } = await builtinTextSplit(seed, name, builtinTextSizes[name], signal);
    return Int32Array.from(text, (word) => words.number(word));
  };
  const [train, valid, test] = [await split('train'), await split('valid'), await split('test')];
  return { name: 'built-in text', notes: [], words: words.all, train, valid, test };
}

/**
 * The first `tokens` words and line ends of a split, the event loop free in between. Paragraph i is
 * a function of (seed, split, i) alone.
 *
 * @returns the words, and an upper bound of the nats per token of one who knows the grammar
 */
export async function builtinTextSplit(
  seed: number,
  split: BuiltinTextSplit,
  tokens: number,
  signal?: AbortSignal,
): Promise<{ words: string[]; nats: number }> {
  const streams = new Streams(seed);
  const words: string[] = [];
  let nats = 0;
  for (let i = 0; words.length < tokens; i++) {
    if (i % paragraphsPerTurn === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    const paragraph = new Paragraph(streams.draw(`data/builtin/text/${split}`, i));
    words.push(...paragraph.words);
    nats += paragraph.nats;
  }
  return { words: words.slice(0, tokens), nats: nats / words.length };
}
