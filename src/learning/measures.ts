import type { Speed, TestScore, ValidScore } from '../run/events.ts';
import type { Learner, Score } from './learner.ts';

/** A score over the whole validation split, under the name that events give it. */
export function validScore(score: Score): ValidScore {
  return 'accuracy' in score
    ? { validAccuracy: score.accuracy }
    : { validPerplexity: score.perplexity };
}

/** A score over the whole test split, under the name that events give it. */
export function testScore(score: Score): TestScore {
  return 'accuracy' in score
    ? { testAccuracy: score.accuracy }
    : { testPerplexity: score.perplexity };
}

/** Images or tokens a second, under the name that events give it. */
export function speed(unit: Learner['unit'], perSecond: number): Speed {
  return unit === 'images' ? { imagesPerSecond: perSecond } : { tokensPerSecond: perSecond };
}

/** What a score is a number of, and the number. */
export function figureOf(score: Score): { readonly name: string; readonly value: number } {
  return 'accuracy' in score
    ? { name: 'accuracy', value: score.accuracy }
    : { name: 'perplexity', value: score.perplexity };
}

/** Whether the first of two scores is better. */
export function isBetter(a: Score, b: Score): boolean {
  return 'accuracy' in a
    ? a.accuracy > (b as { accuracy: number }).accuracy
    : a.perplexity < (b as { perplexity: number }).perplexity;
}
