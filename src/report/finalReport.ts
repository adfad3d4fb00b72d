import { join } from 'node:path';
import type { BestArch, Done } from '../run/events.ts';
import { percent } from './format.ts';
import { perplexityText, validMeasure } from './measures.ts';
import { table } from './table.ts';

/** Where the result of a finished run lies and what was measured of it, every number by its name. */
export function finalReport(done: Done): string {
  const { run, best } = done;
  return [
    '',
    ...table([
      ['best architecture', join(run, 'best.json')],
      ['its picture', join(run, 'best.svg')],
      ['the run', run],
    ]),
    '',
    'Measured of it under the shared weights of the search:',
    ...sharedWeightMeasures(best),
    'Neither is a test figure: the architecture has not been trained from scratch.',
    '',
  ].join('\n');
}

/** What was measured of an architecture under the shared weights, a line each. */
export function sharedWeightMeasures(best: BestArch): string[] {
  const unigram = best.unigramValidPerplexity;
  return table(
    [
      rewardRow(best),
      [...validMeasure(best), 'over the whole validation split'],
      ...(unigram === undefined
        ? []
        : [
            [
              'unigram perplexity',
              perplexityText(unigram),
              'of a model without context, on the validation split',
            ],
          ]),
    ],
    '  ',
  );
}

/** An accuracy is shown as one; a perplexity's reward c/perplexity is a number of its own kind. */
function rewardRow(best: BestArch): string[] {
  return 'validAccuracy' in best
    ? ['reward', percent(best.reward), 'accuracy on one validation minibatch']
    : ['reward', best.reward.toFixed(4), 'c / perplexity on one validation minibatch'];
}
