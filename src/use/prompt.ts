import { endOfSentence, unknownWord } from '../data/text/words.ts';
import { EnasTorchError } from '../errors/error.ts';

/** A text that a network is to go on with. */
export interface Prompt {
  /** As they were given; a line end is `<eos>`. */
  readonly words: readonly string[];
  /** Indices into the vocabulary; of a word that it lacks, that of `<unk>`. */
  readonly tokens: readonly number[];
  /** Words that the vocabulary lacks, each once. */
  readonly unknown: readonly string[];
}

/**
 * Takes a text apart as texts to learn from are: words are what stands between white space, and a
 * line end is an `<eos>`.
 *
 * @throws EnasTorchError ERR_ARGUMENT for a word that the vocabulary lacks where it has no `<unk>`
 */
export function readPrompt(vocabulary: readonly string[], text: string): Prompt {
  const tokenOf = new Map(vocabulary.map((word, token) => [word, token]));
  const words = (text.match(/\n|\S+/g) ?? []).map((word) => (word === '\n' ? endOfSentence : word));
  const unknown = [...new Set(words.filter((word) => !tokenOf.has(word)))];
  const substitute = tokenOf.get(unknownWord);
  if (unknown.length > 0 && substitute === undefined) {
    throw new EnasTorchError(
      'ERR_ARGUMENT',
      `prompt: expected words of the model's vocabulary, which has no ${unknownWord}, ` +
        `got ${unknown.join(', ')}; leave them out`,
    );
  }
  return { words, tokens: words.map((word) => tokenOf.get(word) ?? substitute!), unknown };
}
