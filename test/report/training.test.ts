import { expect, test } from 'vitest';
import { finalReport } from '../../src/report/finalReport.ts';
import { Pace } from '../../src/report/pace.ts';
import { plainLines } from '../../src/report/plainLines.ts';
import type { Done, RunEvent } from '../../src/run/events.ts';
import { epochEvents, event, start, stream } from './events.ts';
import { Paper } from './screen.ts';

const trainStart = event({
  type: 'train:start',
  step: 0,
  epoch: 0,
  elapsed: 70,
  run: 'runs/first/train',
  space: 'micro',
  data: 'built-in figures',
  device: 'cpu',
  precision: 'fp32',
  precisionReason: 'asked',
  parameters: 3_894_372,
  auxiliaryParameters: 494_848,
  multiplyAdds: 600_000_000,
  epochs: 2,
  stepsPerEpoch: 10,
});

/** An epoch of 10 steps of 3 s and a validation of 6 s. */
function trainEpoch(epoch: number, from: number, kept: boolean): RunEvent[] {
  const steps = Array.from({ length: 10 }, (_, i) =>
    event({
      type: 'train:step',
      step: (epoch - 1) * 10 + i + 1,
      epoch,
      elapsed: from + 3 * (i + 1),
      stepInEpoch: i + 1,
      loss: 1.5,
      accuracy: 0.4375,
      imagesPerSecond: 32,
    }),
  );
  const end = event({
    type: 'train:epoch',
    step: epoch * 10,
    epoch,
    elapsed: from + 36,
    lr: 0.05,
    loss: 1.25,
    validAccuracy: 0.5,
    kept,
    imagesPerSecond: 30,
  });
  return [...steps, end];
}

const training = [trainStart, ...trainEpoch(1, 70, true), ...trainEpoch(2, 106, false)];

test('a training from scratch says what it trains, where it stands, and what each epoch came to', async () => {
  const paper = new Paper();
  await plainLines(paper.output)(stream(training));
  const lines = paper.text.trimEnd().split('\n');
  expect(lines[0]).toBe(
    'training a micro network from scratch · built-in figures · cpu · precision fp32 (asked for) · 3.89 M parameters and 495 k in the' +
      ' auxiliary head · 600 M multiply-adds · 2 epochs of 10 steps · runs/first/train',
  );
  expect(lines[1]).toBe(
    'epoch 1/2  training  loss 1.5000  minibatch accuracy 43.8 %  32 images/s  54s left',
  );
  expect(lines).toContain(
    'epoch 1  mean training loss 1.2500  validation accuracy 50.0 % (best so far)  30 images/s  1m 46s',
  );
  expect(lines).toContain(
    'epoch 2  mean training loss 1.2500  validation accuracy 50.0 %  30 images/s  2m 22s',
  );
});

test('an epoch of text is reported by its perplexity and in tokens', async () => {
  const paper = new Paper();
  const end = event({
    type: 'train:epoch',
    step: 10,
    epoch: 1,
    elapsed: 36,
    lr: 20,
    loss: 5,
    validPerplexity: 142.337,
    kept: true,
    tokensPerSecond: 1234,
  });
  await plainLines(paper.output)(stream([end]));
  expect(paper.text).toBe(
    'epoch 1  mean training loss 5.0000  validation perplexity 142.34 (best so far)  1234 tokens/s  36s\n',
  );
});

test('where nothing is held out no validation score is claimed', async () => {
  const paper = new Paper();
  const end = event({
    type: 'train:epoch',
    step: 10,
    epoch: 1,
    elapsed: 36,
    lr: 0.05,
    loss: 1.25,
    heldOut: false,
    kept: true,
    imagesPerSecond: 30,
  });
  await plainLines(paper.output)(stream([end]));
  expect(paper.text).toBe('epoch 1  mean training loss 1.2500  30 images/s  36s\n');
});

test('the time left of a training does not come from the search before it', () => {
  const pace = new Pace();
  for (const one of [start(), ...epochEvents(1, 0), ...training.slice(0, 3)]) pace.update(one);
  // Two steps of 3 s are done: 18 are left. No validation has been timed yet.
  expect(pace.timeLeft!.seconds).toBeCloseTo(54);
  for (const one of training.slice(3, 13)) pace.update(one);
  // One step of the second epoch is done: 9 are left.
  expect(pace.timeLeft!.seconds).toBeCloseTo(27);
});

test('the final report of a search over text calls the reward by its formula', () => {
  const done = event({
    type: 'done',
    step: 1,
    epoch: 1,
    elapsed: 1,
    run: 'runs/text',
    best: { arch: {}, reward: 0.75, validPerplexity: 106.7, unigramValidPerplexity: 687 },
  });
  const text = finalReport(done as Done);
  expect(text).toMatch(/reward +0\.7500 +c \/ perplexity on one validation minibatch/);
  expect(text).toMatch(/validation perplexity +106\.70 +over the whole validation split/);
  expect(text).toMatch(
    /unigram perplexity +687\.00 +of a model without context, on the validation/,
  );
});
