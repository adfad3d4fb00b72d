import {
  conjunctions,
  determiners,
  type Inflected,
  names,
  prepositions,
  quotes,
  relatives,
  speech,
  tags,
  topics,
} from '../../../src/data/text/builtin/lexicon.ts';

type GrammaticalNumber = keyof Inflected;
/** Where a phrase may end. */
type Ends = Generator<number>;
/** Where a noun phrase may end, and its number. */
type NounEnds = Generator<readonly [number, GrammaticalNumber]>;

const adjectives = topics.flatMap(({ adjectives }) => adjectives);
const forms = (list: readonly Inflected[], number: GrammaticalNumber) =>
  list.map((word) => word[number]);
const nouns = (kind: 'people' | 'things') => topics.flatMap((topic) => topic[kind]);
const transitive = topics.flatMap((topic) => topic.transitive);
const intransitive = topics.flatMap((topic) => topic.intransitive);
const numbers: readonly GrammaticalNumber[] = ['singular', 'plural'];

/** Whether the grammar of the built-in text, with all its agreement, has this sentence. */
export function isSentence(words: readonly string[]): boolean {
  for (const [subjectEnd, number] of subject(0)) {
    for (const clauseEnd of verbPhrase(subjectEnd, number)) {
      if (isEnding(clauseEnd, number)) return true;
      if (!is(clauseEnd, conjunctions)) continue;
      for (const end of clause(clauseEnd + 1)) if (isEnding(end, number)) return true;
    }
  }
  return false;

  function is(at: number, list: readonly string[]): boolean {
    return at < words.length && list.includes(words[at]!);
  }

  function isEnding(at: number, number: GrammaticalNumber): boolean {
    const rest = words.slice(at).join(' ');
    return rest === '.' || rest === `, ${tags[number].join(' ')} ?`;
  }

  function* clause(at: number): Ends {
    for (const [end, number] of subject(at)) yield* verbPhrase(end, number);
  }

  function* subject(at: number): NounEnds {
    yield* nounPhrase(at);
    if (!is(at, names)) return;
    yield [at + 1, 'singular'];
    if (is(at + 1, ['and']) && is(at + 2, names)) yield [at + 3, 'plural'];
  }

  function* nounPhrase(at: number): NounEnds {
    for (const number of numbers) {
      if (!is(at, determiners[number])) continue;
      const noun = is(at + 1, adjectives) ? at + 2 : at + 1;
      for (const kind of ['people', 'things'] as const) {
        if (!is(noun, forms(nouns(kind), number))) continue;
        const afterPrepositions = [noun + 1];
        if (is(noun + 1, prepositions)) {
          for (const [end] of nounPhrase(noun + 2)) afterPrepositions.push(end);
        }
        for (const end of afterPrepositions) {
          yield [end, number];
          if (is(end, [relatives[kind]])) {
            for (const last of relativeClause(end + 1, number)) yield [last, number];
          }
        }
      }
    }
  }

  function* relativeClause(at: number, number: GrammaticalNumber): Ends {
    yield* verbPhrase(at, number);
    for (const [end, own] of nounPhrase(at)) if (is(end, forms(transitive, own))) yield end + 1;
  }

  function* verbPhrase(at: number, number: GrammaticalNumber): Ends {
    if (is(at, forms(intransitive, number))) yield at + 1;
    if (is(at, forms(transitive, number))) for (const [end] of nounPhrase(at + 1)) yield end;
    if (!is(at, forms(speech, number))) return;
    if (is(at + 1, ['that'])) yield* clause(at + 2);
    for (const [open, close] of quotes) {
      if (!is(at + 1, [',']) || !is(at + 2, [open])) continue;
      for (const end of clause(at + 3)) if (is(end, [close])) yield end + 1;
    }
  }
}
