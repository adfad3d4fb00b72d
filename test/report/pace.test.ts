import { expect, test } from 'vitest';
import { Pace } from '../../src/report/pace.ts';
import type { RunEvent } from '../../src/run/events.ts';
import {
  childStep,
  controllerStep,
  epochEnd,
  epochEvents,
  epochStart,
  event,
  start,
} from './events.ts';

function paceAfter(events: readonly RunEvent[]): Pace {
  const pace = new Pace();
  for (const one of events) pace.update(one);
  return pace;
}

test('before the first step nothing is claimed', () => {
  const pace = paceAfter([start(), epochStart(1, 3)]);
  expect(pace.timeLeft).toBeNull();
  expect(pace.perSecond).toBeNull();
  expect(pace.epochShare).toBe(0);
});

test('while no θ step has been timed, the time left is a lower bound of the ω steps alone', () => {
  const pace = paceAfter([start(), epochStart(1, 3), childStep(1, 1, 5), childStep(1, 2, 7)]);
  // 8 steps of this epoch and 10 of the next, 2 s each.
  expect(pace.timeLeft).toEqual({ seconds: 36, atLeast: true });
});

test('the time left counts ω steps, θ steps and what lies between epochs', () => {
  const first = [start(), ...epochEvents(1, 0)];
  const pace = paceAfter([...first, epochStart(2, 35), childStep(2, 1, 37)]);
  // The first epoch: ω steps of 2 s, θ steps of 1 s, then 10 s between. The second is the last.
  expect(pace.timeLeft!.atLeast).toBe(false);
  expect(pace.timeLeft!.seconds).toBeCloseTo(9 * 2 + 5 * 1);
  const atEndOfFirst = paceAfter(first);
  expect(atEndOfFirst.timeLeft!.seconds).toBeCloseTo(10 * 2 + 5 * 1);
});

test('scoring an architecture is part of the θ step that follows it', () => {
  const scored = event({
    type: 'arch:scored',
    step: 10,
    epoch: 1,
    elapsed: 24,
    phase: 'theta',
    arch: {},
    reward: 0.5,
  });
  const omega = Array.from({ length: 10 }, (_, i) => childStep(1, i + 1, 2 * (i + 1)));
  const pace = paceAfter([start(), epochStart(1, 0), ...omega, scored, controllerStep(1, 1, 26)]);
  // 4 more θ steps of 6 s, then an epoch of 10 · 2 s and 5 · 6 s.
  expect(pace.timeLeft!.seconds).toBeCloseTo(4 * 6 + 20 + 30);
});

test('events that skip steps count for all the steps they stand for', () => {
  const pace = paceAfter([start(), epochStart(1, 0), childStep(1, 5, 10)]);
  expect(pace.timeLeft!.seconds).toBeCloseTo(15 * 2);
});

test('a change of speed shows within the window', () => {
  const slow = Array.from({ length: 100 }, (_, i) => childStep(1, i + 1, 10 * (i + 1)));
  const fast = Array.from({ length: 100 }, (_, i) => childStep(1, 101 + i, 1000 + (i + 1)));
  const long = { ...start(), stepsPerEpoch: 300, epochs: 1, thetaStepsPerEpoch: 0 } as RunEvent;
  const pace = paceAfter([long, epochStart(1, 0), ...slow, ...fast]);
  expect(pace.timeLeft!.seconds).toBeCloseTo(100);
});

test('after a resume the epochs before it are not counted again', () => {
  const resume = event({
    type: 'run:resume',
    step: 10,
    epoch: 1,
    elapsed: 1,
    run: 'runs/first',
    checkpoint: 'c/10',
  });
  const pace = paceAfter([start(), resume, epochStart(2, 1), childStep(2, 1, 3)]);
  expect(pace.timeLeft!.seconds).toBeCloseTo(9 * 2);
});

test('taken up in the midst of an epoch, the first step is one step', () => {
  const resume = event({
    type: 'run:resume',
    step: 7,
    epoch: 1,
    elapsed: 1,
    run: 'runs/first',
    checkpoint: 'c/7',
  });
  const pace = paceAfter([start(), resume, childStep(1, 8, 3), childStep(1, 9, 5)]);
  expect(pace.timeLeft!.seconds).toBeCloseTo(2 + 10 * 2);
});

test('the share of an epoch weighs each phase by its time', () => {
  const events = [start(), ...epochEvents(1, 0), epochStart(2, 35)];
  const steps = Array.from({ length: 10 }, (_, i) => childStep(2, i + 1, 37 + 2 * i));
  // θ: the first took 1 s, like the others: 5 s of 25.
  expect(paceAfter([...events, ...steps]).epochShare).toBeCloseTo(20 / 25);
  expect(paceAfter([...events, ...steps, epochEnd(2, 70)]).epochShare).toBe(1);
});

test('images a second are those of the steps, weighed by their time', () => {
  const pace = paceAfter([start(), epochStart(1, 0), childStep(1, 1, 2), childStep(1, 2, 4)]);
  expect(pace.perSecond).toBeCloseTo(64);
});
