import { expect, test } from 'vitest';
import { finalReport } from '../../src/report/finalReport.ts';
import { jsonLines } from '../../src/report/jsonLines.ts';
import { plainLines } from '../../src/report/plainLines.ts';
import { quiet } from '../../src/report/quiet.ts';
import type { Done, RunEvent } from '../../src/run/events.ts';
import { done, epochEvents, event, start, stream } from './events.ts';
import { Paper } from './screen.ts';

const warning = event({
  type: 'warning',
  step: 3,
  epoch: 1,
  elapsed: 6,
  code: 'x',
  message: 'the loss was not a number',
});
const run: RunEvent[] = [start(), ...epochEvents(1, 0), warning, ...epochEvents(2, 35), done(70)];

test('JSON lines are the events and nothing else', async () => {
  const paper = new Paper();
  const last = await jsonLines(paper.output)(stream(run));
  expect(
    paper.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(run);
  expect(last).toBe(run.at(-1));
});

test('plain lines come at the start, every few seconds, and at the end of an epoch', async () => {
  const paper = new Paper();
  const last = await plainLines(paper.output)(stream(run));
  expect(last).toBe(run.at(-1));
  const lines = paper.text.trimEnd().split('\n');
  expect(lines[0]).toBe(
    'macro space · builtin · cpu · precision fp32 (auto: no bf16 instructions) · 1.25 M shared parameters' +
      ' · 2 epochs of 10 ω and 5 θ steps · runs/first',
  );
  // 2 s a step: the first line after 5 s is that of the third.
  expect(lines[1]).toBe('epoch 1/2  ω  ω loss 2.2500  64 images/s  over 34s left');
  expect(lines).toContain(
    'epoch 1  mean ω loss 2.0000  validation accuracy 62.5 % (sampled architectures, shared ω)' +
      '  mean reward 0.5000  baseline 0.4375  entropy 12.50 nats  64 images/s  30s',
  );
  expect(lines).toContain('warning: the loss was not a number');
  expect(
    lines.some((line) =>
      line.includes(
        'θ  ω loss 2.2500  reward 0.5000  baseline 0.4375  entropy 12.50 nats  skip rate 41.3 %',
      ),
    ),
  ).toBe(true);
  expect(lines.length).toBeLessThan(run.length / 2);
});

test('quiet says nothing but warnings', async () => {
  const paper = new Paper();
  await quiet(paper.output)(stream(run));
  expect(paper.text).toBe('warning: the loss was not a number\n');
});

test('the final report names every number for what it is, and every file', () => {
  const text = finalReport(done(70) as Done);
  expect(text).toContain('best architecture  runs/first/best.json');
  expect(text).toContain('runs/first/best.svg');
  expect(text).toMatch(/reward +75\.0 % +accuracy on one validation minibatch/);
  expect(text).toMatch(/validation accuracy +68\.8 % +over the whole validation split/);
  expect(text).toContain('Neither is a test figure');
});

test('a reader that is behind is waited for, and one that goes away is not', async () => {
  const paper = new Paper();
  paper.write = (text) => {
    paper.writes.push(text);
    // The first line drains, the second meets a closed pipe.
    setTimeout(() => paper.emit(paper.writes.length === 1 ? 'drain' : 'close'), 1);
    return false;
  };
  await jsonLines(paper.output)(stream(run.slice(0, 3)));
  expect(paper.writes).toHaveLength(3);
  expect(paper.listenerCount('drain') + paper.listenerCount('close')).toBe(0);
});
