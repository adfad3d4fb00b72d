/**
 * The words of the built-in text. Every topic has nouns, adjectives and verbs of its own, so that
 * what a paragraph is about says much of which word comes next.
 */

/** A word that agrees in number. */
export interface Inflected {
  readonly singular: string;
  readonly plural: string;
}

export interface Topic {
  readonly name: string;
  readonly people: readonly Inflected[];
  readonly things: readonly Inflected[];
  readonly adjectives: readonly string[];
  /** Verbs with an object. */
  readonly transitive: readonly Inflected[];
  /** Verbs without. */
  readonly intransitive: readonly Inflected[];
}

/** Nouns: the plural has an s, unless it stands after a slash. */
const nouns = (list: string): Inflected[] =>
  list.split(' ').map((entry) => {
    const [singular, plural = `${singular}s`] = entry.split('/') as [string, string?];
    return { singular, plural };
  });

/** Verbs in the present: the singular has an s, unless it stands after a slash. */
const verbs = (list: string): Inflected[] =>
  list.split(' ').map((entry) => {
    const [plural, singular = `${plural}s`] = entry.split('/') as [string, string?];
    return { singular, plural };
  });

export const topics: readonly Topic[] = [
  {
    name: 'sea',
    people: nouns('sailor captain pilot diver'),
    things: nouns('boat net sail anchor'),
    adjectives: ['salty', 'foggy', 'stormy', 'leaky'],
    transitive: verbs('steer load moor rescue'),
    intransitive: verbs('float sink drift'),
  },
  {
    name: 'farm',
    people: nouns('farmer shepherd miller neighbour'),
    things: nouns('cow sheep/sheep field barn'),
    adjectives: ['muddy', 'fertile', 'woolly', 'rural'],
    transitive: verbs('feed milk plough harvest'),
    intransitive: verbs('graze sleep ripen'),
  },
  {
    name: 'court',
    people: nouns('king queen knight servant'),
    things: nouns('crown castle sword throne'),
    adjectives: ['noble', 'golden', 'royal', 'proud'],
    transitive: verbs('guard honour conquer betray'),
    intransitive: verbs('kneel reign surrender'),
  },
  {
    name: 'kitchen',
    people: nouns('cook baker guest waiter'),
    things: nouns('loaf/loaves kettle knife/knives oven'),
    adjectives: ['sweet', 'spicy', 'hungry', 'crisp'],
    transitive: verbs('taste serve stir slice'),
    intransitive: verbs('boil steam simmer'),
  },
  {
    name: 'school',
    people: nouns('teacher pupil child/children tutor'),
    things: nouns('book lesson map poem'),
    adjectives: ['clever', 'lazy', 'curious', 'strict'],
    transitive: verbs('read explain learn praise'),
    intransitive: verbs('study/studies listen whisper'),
  },
  {
    name: 'stage',
    people: nouns('singer dancer actor drummer'),
    things: nouns('song drum violin curtain'),
    adjectives: ['loud', 'famous', 'graceful', 'solemn'],
    transitive: verbs('hear rehearse applaud tune'),
    intransitive: verbs('perform bow tremble'),
  },
  {
    name: 'forest',
    people: nouns('hunter ranger woodsman/woodsmen hermit'),
    things: nouns('wolf/wolves deer/deer tree trap'),
    adjectives: ['wild', 'mossy', 'silent', 'ancient'],
    transitive: verbs('track chase fear spare'),
    intransitive: verbs('howl hide wander'),
  },
  {
    name: 'city',
    people: nouns('driver clerk thief/thieves mayor'),
    things: nouns('tram bridge office tower'),
    adjectives: ['busy', 'crowded', 'modern', 'narrow'],
    transitive: verbs('build rent visit repair'),
    intransitive: verbs('hurry/hurries argue vanish/vanishes'),
  },
];

/** People who are in a paragraph again and again; grammatically singular. */
export const names = [
  'anna',
  'boris',
  'clara',
  'david',
  'emma',
  'felix',
  'greta',
  'hugo',
  'irene',
  'jonas',
  'karin',
  'leo',
] as const;

/** Determiners, by the number they go with. */
export const determiners = {
  singular: ['the', 'a', 'every', 'this', 'each'],
  plural: ['the', 'some', 'many', 'these', 'those'],
} as const;

/** Prepositions. */
export const prepositions = ['near', 'behind', 'with', 'beside'] as const;

/** Verbs that a sentence follows, after `that` or as quoted speech. */
export const speech: readonly Inflected[] = verbs('say think claim deny/denies');

/** What opens and what closes quoted speech: which of them closes depends on which has opened. */
export const quotes = [
  ['«', '»'],
  ['“', '”'],
  ['(', ')'],
] as const;

/** What a sentence about its subject ends with, if it asks: it agrees with that subject. */
export const tags = { singular: ["doesn't", 'it'], plural: ["don't", 'they'] } as const;

/** What opens a relative clause. */
export const relatives = { people: 'who', things: 'which' } as const;

/** Joins two clauses. */
export const conjunctions = ['and', 'but', 'while'] as const;
