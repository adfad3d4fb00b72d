import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Clock } from '../../src/learning/clock.ts';
import { drained } from '../../src/learning/paced.ts';
import { trainEpoch } from '../../src/train/epoch.ts';
import { evaluateModel } from '../../src/train/evaluateModel.ts';
import { withMean } from '../../src/train/mean.ts';
import { loadModel } from '../../src/train/model.ts';
import { createSession } from '../../src/train/session.ts';
import { metricsOf, syntheticDataset, temporaryRun } from '../search/synthetic.ts';
import { ofType, runTrain } from './running.ts';
import { toyText, toyTextConfig } from './toyText.ts';

const dataset = toyText();

test('a cell learns: its test perplexity falls well under that of the unigram model', async () => {
  const path = temporaryRun();
  const config = toyTextConfig({ epochs: 8 });
  const events = await runTrain(path, { config, dataset });
  expect(events[0]).toMatchObject({ type: 'train:start', space: 'recurrent', data: 'toy' });
  const epochs = ofType(events, 'train:epoch').map((event) =>
    'validPerplexity' in event ? event.validPerplexity : Number.NaN,
  );
  const [done] = ofType(events, 'train:done');
  const best = Math.min(...epochs);
  expect(done!.result).toMatchObject({
    epoch: 1 + epochs.indexOf(best),
    validPerplexity: best,
    unigramTestPerplexity: dataset.unigramPerplexity.test,
  });
  const { testPerplexity } = done!.result as { testPerplexity: number };
  expect(testPerplexity).toBeLessThan(0.7 * dataset.unigramPerplexity.test);

  const model = await loadModel(path, { device: 'cpu' });
  expect(model).toMatchObject({ kind: 'text', vocabulary: dataset.vocabulary });
  expect(await evaluateModel(model, dataset, { split: 'test' })).toEqual({
    perplexity: testPerplexity,
    unigramPerplexity: dataset.unigramPerplexity.test,
    tokens: 70,
  });
  await expect(evaluateModel(model, syntheticDataset(), { split: 'test' })).rejects.toThrow(
    /synthetic: expected a text that the network was trained on, got images; /,
  );
  const other = { ...dataset, vocabulary: [...dataset.vocabulary].reverse() };
  await expect(evaluateModel(model, other, { split: 'test' })).rejects.toThrow(
    /toy: expected the very vocabulary of 6 types that the network was trained on, got another/,
  );
});

test.each([
  ['in the first epoch', 4, 0],
  ['in the second epoch', 16, 0],
  ['in the second epoch, while the parameters are averaged', 16, 2],
  ['in the third epoch, while the parameters are averaged', 28, 2],
])('stopped %s and resumed, equals the run never stopped', async (_, stopAfter, averageFrom) => {
  const config = toyTextConfig({ averageFrom });
  const [whole, stopped] = [temporaryRun(), temporaryRun()];
  await runTrain(whole, { config, dataset });
  await runTrain(stopped, { config, dataset, stopAfter });
  await runTrain(stopped, { config, dataset, resume: true });
  expect(metricsOf(stopped)).toEqual(metricsOf(whole));
  for (const file of ['result.json', 'model.safetensors']) {
    expect(readFileSync(join(stopped, file))).toEqual(readFileSync(join(whole, file)));
  }
});

test('from epoch averageFrom on what is judged is the mean of the parameters over the steps', () => {
  const session = createSession(toyTextConfig({ averageFrom: 2 }), dataset, 'cpu');
  const { parameters, touched } = session;
  const [name] = touched as [string];
  const numbers = () => [...(parameters.lookup(name).detach().toTypedArray() as Float32Array)];
  const judged = () =>
    drained(
      withMean(
        session,
        (function* () {
          yield;
          return numbers();
        })(),
      ),
    );
  const seen: number[][] = [];
  for (const epoch of [1, 2, 3]) {
    session.state = { ...session.state, epoch, stepInEpoch: 0 };
    for (const _ of trainEpoch(session, new Clock())) if (epoch > 1) seen.push(numbers());
    if (epoch === 1) expect(judged()).toEqual(numbers());
  }
  const own = numbers();
  const mean = own.map((_, i) => seen.reduce((sum, step) => sum + step[i]!, 0) / seen.length);
  judged().forEach((value, i) => {
    expect(value).toBeCloseTo(mean[i]!, 5);
  });
  expect(numbers()).toEqual(own);
  expect(mean.some((value, i) => Math.abs(value - own[i]!) > 1e-3)).toBe(true);
});
