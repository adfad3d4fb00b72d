import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/learning/clock.ts';
import { dataWarnings } from '../../src/learning/dataWarnings.ts';
import * as torch from '../../src/torch/index.ts';
import {
  metricsOf,
  runSearch,
  syntheticDataset,
  temporaryRun,
  tinyConfig,
} from '../search/synthetic.ts';

const split = (labels: readonly number[]) => ({
  images: torch.zeros([labels.length, 3, 8, 8], { dtype: 'uint8' }),
  labels: torch.tensor([...labels], { dtype: 'int64' }),
});

const warningsOf = (own: object, rewardBatch = 4) =>
  [...dataWarnings({ ...syntheticDataset(), ...own }, rewardBatch, new Clock())].map(
    ({ code, message }) => [code, message] as const,
  );

describe('warnings of a data set', () => {
  it('are none where there is nothing odd', () => {
    expect(warningsOf({})).toEqual([]);
  });

  it('name classes without training images, and without validation images', () => {
    const found = warningsOf({ train: split([0, 0, 1, 3]), valid: split([0, 1, 1, 1, 1]) });
    expect(found).toEqual([
      [
        'empty-class',
        expect.stringMatching(/class blue has no training images: no network learns/),
      ],
      ['empty-class', expect.stringMatching(/classes blue, grey have no validation images/)],
    ]);
  });

  it('say that one class is no problem to be solved', () => {
    const one = { classes: ['cat'], train: split([0, 0]), valid: split([0, 0, 0, 0]) };
    expect(warningsOf(one)).toEqual([['one-class', expect.stringMatching(/one class, cat/)]]);
  });

  it('say that rewards are all of the same images where validation is smaller than a minibatch', () => {
    const found = warningsOf({ valid: split([0, 1, 2, 3]) }, 5);
    expect(found).toEqual([
      ['small-validation', expect.stringMatching(/4 images.*rewardBatch is 5.*same 4 images/)],
    ]);
  });

  it('are events of a search, and so is a constant reward; its metrics do not hold them', async () => {
    const path = temporaryRun();
    const dataset = { ...syntheticDataset(), classes: ['cat'], valid: split([0, 0, 0, 0]) };
    const labels = torch.zeros([100], { dtype: 'int64' });
    const events = await runSearch(path, {
      config: tinyConfig(),
      dataset: { ...dataset, train: { ...dataset.train, labels } },
    });
    const codes = events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
    expect(codes).toEqual(['one-class', 'small-validation', 'constant-reward', 'constant-reward']);
    expect(JSON.stringify(metricsOf(path))).not.toContain('one-class');
  });
});
