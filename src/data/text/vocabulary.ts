import { endOfSentence, unknownWord } from './words.ts';

/** A vocabulary, and how words become tokens. */
export interface Vocabulary {
  /** A token is an index into them. */
  readonly types: readonly string[];
  /** How often each type occurs in the training text. */
  readonly counts: readonly number[];
  /** Token of each word. */
  readonly tokens: Int32Array;
}

/**
 * The types of a training text, the most frequent first and equally frequent ones by code unit.
 * Words that training lacks become `<unk>`, which is then a type whether training has it or not.
 * Where there are more than `limit` types, `<eos>`, `<unk>` and the most frequent others are kept.
 *
 * @param words every word of the training, validation and test text
 * @param counts how often each is in the training text
 */
export function makeVocabulary(
  words: readonly string[],
  counts: readonly number[],
  limit: number | null = null,
): Vocabulary {
  const known = words
    .map((word, i) => [word, counts[i]!] as const)
    .filter(([, count]) => count > 0)
    .sort(byFrequency);
  const complete = new Map(known);
  if (known.length < words.length) complete.set(unknownWord, complete.get(unknownWord) ?? 0);
  const kept = limit === null || complete.size <= limit ? complete : mostFrequent(known, limit);
  const ranked = [...kept].sort(byFrequency);
  const types = ranked.map(([word]) => word);
  const tokenOf = new Map(types.map((word, token) => [word, token]));
  const unknown = tokenOf.get(unknownWord);
  return {
    types,
    counts: ranked.map(([, count]) => count),
    tokens: Int32Array.from(words, (word) => (tokenOf.get(word) ?? unknown)!),
  };
}

type Counted = readonly [word: string, count: number];

function byFrequency([a, countA]: Counted, [b, countB]: Counted): number {
  return countB - countA || (a < b ? -1 : 1);
}

/** `limit` types, of which `<unk>` counts for all that are left out. */
function mostFrequent(ranked: readonly Counted[], limit: number): Map<string, number> {
  const special = [endOfSentence, unknownWord];
  const ends = ranked.find(([word]) => word === endOfSentence)?.[1] ?? 0;
  const frequent = ranked
    .filter(([word]) => !special.includes(word))
    .slice(0, limit - special.length);
  const total = (counted: readonly Counted[]) => counted.reduce((sum, [, count]) => sum + count, 0);
  const rest = total(ranked) - total(frequent) - ends;
  return new Map([[endOfSentence, ends], ...frequent, [unknownWord, rest]]);
}
