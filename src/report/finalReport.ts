import { join } from 'node:path';
import type { Done } from '../run/events.ts';
import { percent } from './format.ts';
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
    ...table(
      [
        ['reward', percent(best.reward), 'accuracy on one validation minibatch'],
        ['validation accuracy', percent(best.validAccuracy), 'over the whole validation split'],
      ],
      '  ',
    ),
    'Neither is a test accuracy: the architecture has not been trained from scratch.',
    '',
  ].join('\n');
}
