import { expect, test } from 'vitest';
import { trainReport, wholeReport } from '../../src/report/trainReport.ts';
import type { TrainDone, TrainResult } from '../../src/run/events.ts';
import { event } from './events.ts';

const common = { epoch: 7, parameters: 1_234_567, multiplyAdds: 20_500_000 };

const done = (result: TrainResult, run = 'runs/first') =>
  event({ type: 'train:done', step: 80, epoch: 8, elapsed: 9, run, result }) as TrainDone;

test('a training tells where its files lie and what was measured on which split', () => {
  const report = trainReport(done({ ...common, testAccuracy: 0.9125, validAccuracy: 0.93 }));
  expect(report.split('\n')).toEqual([
    '',
    'trained parameters  runs/first/model.safetensors',
    'architecture        runs/first/arch.json',
    'its picture         runs/first/arch.svg',
    'the run             runs/first',
    '',
    'Measured of the network trained from scratch, with its parameters of epoch 7:',
    '  validation accuracy  93.0 %  over the whole validation split, by which the epoch was chosen',
    '  test accuracy        91.3 %  over the whole test split, looked at once',
    '  parameters           1.23 M',
    '  multiply-adds        20.5 M  an image',
    '',
  ]);
});

test('where nothing was held out there is no validation figure, and it says why', () => {
  const report = trainReport(done({ ...common, testAccuracy: 0.9125, heldOut: false }));
  expect(report).not.toContain('validation accuracy');
  expect(report).toContain('The last epoch was kept: the validation split was not held out');
});

test('a text has perplexities, and beside the test figure that of the unigram model', () => {
  const result = { ...common, testPerplexity: 120.256, validPerplexity: 125 };
  const report = trainReport(done({ ...result, unigramTestPerplexity: 639.3 }));
  expect(report).toMatch(/validation perplexity +125\.00 /);
  expect(report).toMatch(/test perplexity +120\.26 +over the whole test split/);
  expect(report).toMatch(/unigram perplexity +639\.30 +of a model without context, on the test/);
  expect(report).toMatch(/multiply-adds +20\.5 M +a token/);
});

test('of a search and a training both are told, each under its own heading', () => {
  const best = { arch: {}, reward: 0.5, validAccuracy: 0.45 };
  const trained = done({ ...common, testAccuracy: 0.91, validAccuracy: 0.93 }, 'runs/a/train');
  const report = wholeReport('runs/a', best, trained);
  const [shared, own] = report.split('Measured of the network trained from scratch');
  expect(shared).toMatch(/under the shared weights of the search:\n {2}reward +50\.0 % /);
  expect(shared).toMatch(/validation accuracy +45\.0 % /);
  expect(own).toMatch(/validation accuracy +93\.0 % /);
  expect(own).toMatch(/test accuracy +91\.0 % /);
  expect(report).toContain('trained parameters  runs/a/train/model.safetensors');
});
