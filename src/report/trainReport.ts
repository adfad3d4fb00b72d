import { join } from 'node:path';
import type { BestArch, TrainDone } from '../run/events.ts';
import { runFiles } from '../run/runPath.ts';
import { sharedWeightMeasures } from './finalReport.ts';
import { count } from './format.ts';
import { perplexityText, testMeasure, validMeasure } from './measures.ts';
import { table } from './table.ts';

/** Where the result of a training lies and what was measured of it, every number by its name. */
export function trainReport(done: TrainDone): string {
  const { run } = done;
  return [
    '',
    ...table([
      ['trained parameters', join(run, runFiles.model)],
      ['architecture', join(run, runFiles.arch)],
      ['its picture', join(run, runFiles.archPicture)],
      ['the run', run],
    ]),
    '',
    ...trainedMeasures(done),
    '',
  ].join('\n');
}

/**
 * The same for a search and the training of what it derived.
 *
 * @param run folder of the search
 */
export function wholeReport(run: string, best: BestArch, done: TrainDone): string {
  return [
    '',
    ...table([
      ['best architecture', join(run, runFiles.best)],
      ['its picture', join(run, runFiles.picture)],
      ['trained parameters', join(done.run, runFiles.model)],
      ['the run', run],
    ]),
    '',
    'Measured of the architecture under the shared weights of the search:',
    ...sharedWeightMeasures(best),
    'Neither is a test figure.',
    '',
    ...trainedMeasures(done),
    '',
  ].join('\n');
}

/** What was measured of the network with the parameters that were kept, a line each. */
function trainedMeasures({ result }: TrainDone): string[] {
  const { parameters, multiplyAdds, unigramTestPerplexity: unigram } = result;
  const isText = 'testPerplexity' in result;
  const valid =
    'heldOut' in result
      ? []
      : [
          [
            ...validMeasure(result),
            'over the whole validation split, by which the epoch was chosen',
          ],
        ];
  const unigramRow = ['unigram perplexity', String(unigram && perplexityText(unigram))];
  return [
    `Measured of the network trained from scratch, with its parameters of epoch ${result.epoch}:`,
    ...table(
      [
        ...valid,
        [...testMeasure(result), 'over the whole test split, looked at once'],
        ...(unigram === undefined
          ? []
          : [[...unigramRow, 'of a model without context, on the test split']]),
        ['parameters', count(parameters)],
        ['multiply-adds', count(multiplyAdds), isText ? 'a token' : 'an image'],
      ],
      '  ',
    ),
    ...('heldOut' in result
      ? ['The last epoch was kept: the validation split was not held out to choose one.']
      : []),
  ];
}
