import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { paint } from '../../src/report/paint.ts';
import { progress } from '../../src/report/progress.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { childStep, done, epochEnd, epochEvents, epochStart, start, stream } from './events.ts';
import { Paper, screen } from './screen.ts';

const run: RunEvent[] = [start(), ...epochEvents(1, 0), ...epochEvents(2, 35), done(70)];

async function* slowly(events: readonly RunEvent[], then?: () => void): AsyncGenerator<RunEvent> {
  for (const one of events) {
    yield one;
    await sleep(1);
  }
  await sleep(120);
  then?.();
}

test('two lines show where the run stands and what was measured', async () => {
  const paper = new Paper();
  let seen: string[] = [];
  const events = [start(), epochStart(1, 0), childStep(1, 1, 2), childStep(1, 2, 4)];
  await progress(paper.output, false)(slowly(events, () => (seen = screen(paper.text))));
  expect(seen).toHaveLength(3);
  expect(seen[0]).toMatch(/^macro space · builtin/);
  expect(seen[1]).toMatch(/^epoch 1\/2 {2}ω {2}[█░]{24} {2}64 images\/s {2}over 36s left$/);
  expect(seen[2]).toBe('ω loss 2.2500');
});

test('at the end the two lines are gone, the epochs are still there, the cursor shows', async () => {
  const paper = new Paper();
  const last = await progress(paper.output, true)(stream(run));
  expect(last).toBe(run.at(-1));
  const lines = screen(paper.text);
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(/^epoch 1 {2}mean ω loss/);
  expect(lines[2]).toMatch(/^epoch 2 {2}mean ω loss/);
  expect(lines[3]).toBe('');
  expect(paper.text.endsWith('\x1b[?25h')).toBe(true);
});

test('many events in a moment are one drawing, and each drawing is one write', async () => {
  const paper = new Paper();
  const steps = Array.from({ length: 1000 }, (_, i) => childStep(1, i + 1, i / 1000));
  await progress(paper.output, false)(stream([epochStart(1, 0), ...steps]));
  // The first drawing and the taking away; nothing may come between within a tenth of a second.
  expect(paper.writes.length).toBeLessThan(10);
  expect(paper.writes.every((text) => !text.includes('\x1b[2J'))).toBe(true);
});

test('without colour there is no colour', async () => {
  const plain = new Paper();
  await progress(plain.output, false)(stream(run));
  const painted = new Paper();
  await progress(painted.output, true)(stream(run));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes that set colours and weights
  const colors = /\x1b\[\d*m/;
  expect(plain.text).not.toMatch(colors);
  expect(painted.text).toMatch(colors);
});

test('no drawn line is as wide as the terminal', async () => {
  const paper = new Paper();
  paper.columns = 20;
  let seen: string[] = [];
  const events = [epochStart(1, 0), ...epochEvents(1, 0).slice(1, 14)];
  await progress(paper.output, true)(slowly(events, () => (seen = screen(paper.text))));
  expect(seen.map((line) => [...line].length)).toEqual([19, 19]);
});

test('a terminal made narrower is cleared from where the first line begins', async () => {
  const paper = new Paper();
  const events = [start(), ...epochEvents(1, 0).slice(0, 14)];
  await progress(
    paper.output,
    false,
  )(
    slowly(events, () => {
      paper.columns = 40;
    }),
  );
  // The two lines of up to 79 characters now take two rows each: three to go up from the last.
  expect(paper.writes.at(-1)).toBe('\r\x1b[3A\x1b[J\x1b[?25h');
});

test('after an abort the display says that the run is stopping', async () => {
  const paper = new Paper();
  const abort = new AbortController();
  let seen: string[] = [];
  async function* events(): AsyncGenerator<RunEvent> {
    yield start();
    yield epochStart(1, 0);
    abort.abort();
    seen = screen(paper.text);
    yield epochEnd(1, 3);
  }
  await progress(paper.output, false, abort.signal)(events());
  expect(seen.at(-1)).toBe('stopping (Ctrl-C again stops at once)');
});

test('when the run fails the display is taken away and the error goes on', async () => {
  const paper = new Paper();
  async function* events(): AsyncGenerator<RunEvent> {
    yield start();
    throw new Error('out of memory');
  }
  await expect(progress(paper.output, false)(events())).rejects.toThrow('out of memory');
  expect(screen(paper.text).slice(1)).toEqual(['']);
  expect(paper.text.endsWith('\x1b[?25h')).toBe(true);
});

test('cutting a line counts characters, not escape codes', () => {
  const spans = [
    { text: '██', style: 'bar' },
    { text: 'abc', style: 'plain' },
  ] as const;
  expect(paint(spans, 4, true)).toBe('\x1b[36m██\x1b[0mab');
  expect(paint(spans, 1, false)).toBe('█');
});
