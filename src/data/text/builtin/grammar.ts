import type { Draw } from '../../../random/streams.ts';
import { endOfSentence } from '../words.ts';
import { Choices } from './choices.ts';
import {
  conjunctions,
  determiners,
  type Inflected,
  names,
  prepositions,
  quotes,
  relatives,
  speech,
  type Topic,
  tags,
  topics,
} from './lexicon.ts';

export type GrammaticalNumber = keyof Inflected;
type NounKind = keyof typeof relatives;

const numbers: readonly GrammaticalNumber[] = ['singular', 'plural'];

/** Probability that a noun, verb or adjective is of the paragraph's topic rather than of any. */
const onTopic = 0.9;
/** Probability of a relative clause by depth of embedding; none deeper. */
const relativeAt = [0.35, 0.25, 0.1];
/** Depth below which a verb may have a sentence for its object. */
const speechBelow = 2;

/**
 * Writes one paragraph, a function of its draws:
 *
 *     paragraph → 4 to 9 sentences, an empty line
 *     sentence  → clause [conjunction clause] ( . | , tag ? )
 *     clause    → subject verb-phrase
 *     subject   → noun-phrase | name | name and name
 *     noun-ph.  → determiner [adjective] noun [preposition noun-phrase] [relative clause]
 *     relative  → who verb-phrase | who noun-phrase verb
 *     verb-ph.  → verb | verb noun-phrase | verb that clause | verb , « clause »
 *
 * A verb agrees in number with its subject, across whatever stands between them; the tag
 * (`doesn't it`, `don't they`) with the first subject of the sentence; determiners with their noun.
 * What closes quoted speech is what fits its opening. Words are mostly of the paragraph's topic, and
 * names are those of its two people.
 */
export class Paragraph {
  /** With `<eos>` at the end of each line, of which the last is empty. */
  readonly words: string[] = [];
  readonly #choices: Choices;
  readonly #topic: Topic;
  readonly #people: readonly [string, string];

  constructor(draw: Draw) {
    const choices = new Choices(draw);
    this.#choices = choices;
    this.#topic = choices.one(topics);
    const first = choices.one(names);
    this.#people = [first, choices.one(names.filter((name) => name !== first))];
    for (let left = choices.one([4, 5, 6, 7, 8, 9]); left > 0; left--) this.#sentence();
    this.#say(endOfSentence);
  }

  /** Σ −log p of all that was chosen, in nats: an upper bound of −log p of the words. */
  get nats(): number {
    return this.#choices.nats;
  }

  #say(...words: readonly string[]): void {
    this.words.push(...words);
  }

  #sentence(): void {
    const number = this.#clause(0);
    if (this.#choices.chance(0.2)) {
      this.#say(this.#choices.earlier(conjunctions));
      this.#clause(0);
    }
    if (this.#choices.chance(0.3)) this.#say(',', ...tags[number], '?');
    else this.#say('.');
    this.#say(endOfSentence);
  }

  /** Gives the number of its subject. */
  #clause(depth: number): GrammaticalNumber {
    const number = this.#subject(depth);
    this.#verbPhrase(number, depth);
    return number;
  }

  #subject(depth: number): GrammaticalNumber {
    if (!this.#choices.chance(0.35)) return this.#nounPhrase(depth, 0.75);
    const name = this.#choices.one(this.#people);
    this.#say(name);
    if (!this.#choices.chance(0.25)) return 'singular';
    this.#say('and', this.#people.find((other) => other !== name)!);
    return 'plural';
  }

  /** Gives its number. */
  #nounPhrase(depth: number, person: number): GrammaticalNumber {
    const number = this.#choices.one(numbers);
    const kind: NounKind = this.#choices.chance(person) ? 'people' : 'things';
    this.#say(this.#choices.earlier(determiners[number]));
    if (this.#choices.chance(0.3)) this.#say(this.#choices.earlier(this.#about().adjectives));
    this.#say(this.#choices.earlier(this.#about()[kind])[number]);
    if (depth < relativeAt.length) {
      if (this.#choices.chance(0.15)) {
        this.#say(this.#choices.earlier(prepositions));
        this.#nounPhrase(depth + 1, 0.3);
      }
      if (this.#choices.chance(relativeAt[depth]!)) this.#relativeClause(number, kind, depth + 1);
    }
    return number;
  }

  #relativeClause(number: GrammaticalNumber, kind: NounKind, depth: number): void {
    this.#say(relatives[kind]);
    if (this.#choices.chance(0.5)) {
      this.#verbPhrase(number, depth);
    } else {
      const own = this.#nounPhrase(depth, 0.75);
      this.#say(this.#choices.earlier(this.#about().transitive)[own]);
    }
  }

  #verbPhrase(number: GrammaticalNumber, depth: number): void {
    if (depth < speechBelow && this.#choices.chance(0.2)) {
      this.#speech(number, depth + 1);
    } else if (this.#choices.chance(0.4)) {
      this.#say(this.#choices.earlier(this.#about().intransitive)[number]);
    } else {
      this.#say(this.#choices.earlier(this.#about().transitive)[number]);
      this.#nounPhrase(depth + 1, 0.3);
    }
  }

  #speech(number: GrammaticalNumber, depth: number): void {
    this.#say(this.#choices.earlier(speech)[number]);
    if (this.#choices.chance(0.4)) {
      this.#say('that');
      this.#clause(depth);
    } else {
      const [open, close] = this.#choices.one(quotes);
      this.#say(',', open);
      this.#clause(depth);
      this.#say(close);
    }
  }

  /** The topic that the next word is of. */
  #about(): Topic {
    return this.#choices.favourite(this.#topic, onTopic, topics);
  }
}
