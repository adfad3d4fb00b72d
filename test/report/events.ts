import type { RunEvent } from '../../src/run/events.ts';

type Without<E, K extends string> = E extends unknown ? Omit<E, K> : never;

/** An event with the fields every event has filled in. */
export function event(fields: Without<RunEvent, 'time'>): RunEvent {
  return { time: '2026-01-01T00:00:00.000Z', ...fields } as RunEvent;
}

/** What a run is, for displays: 2 epochs of 10 ω steps and 5 θ steps. */
export function start(elapsed = 0): RunEvent {
  return event({
    type: 'run:start',
    step: 0,
    epoch: 0,
    elapsed,
    run: 'runs/first',
    space: 'macro',
    data: 'builtin',
    device: 'cpu',
    precision: 'fp32',
    precisionReason: 'not-native',
    sharedParameters: 1_250_000,
    epochs: 2,
    stepsPerEpoch: 10,
    thetaStepsPerEpoch: 5,
  });
}

export function epochStart(epoch: number, elapsed: number): RunEvent {
  return event({ type: 'epoch:start', step: (epoch - 1) * 10, epoch, elapsed, lr: 0.05 });
}

export function childStep(epoch: number, stepInEpoch: number, elapsed: number): RunEvent {
  return event({
    type: 'child:step',
    step: (epoch - 1) * 10 + stepInEpoch,
    epoch,
    elapsed,
    stepInEpoch,
    loss: 2.25,
    accuracy: 0.25,
    imagesPerSecond: 64,
  });
}

export function controllerStep(epoch: number, stepInEpoch: number, elapsed: number): RunEvent {
  return event({
    type: 'controller:step',
    step: epoch * 10,
    epoch,
    elapsed,
    stepInEpoch,
    reward: 0.5,
    baseline: 0.4375,
    entropy: 12.5,
    skipRate: 0.413,
    architecturesPerSecond: 8,
  });
}

export function epochEnd(epoch: number, elapsed: number): RunEvent {
  return event({
    type: 'epoch:end',
    step: epoch * 10,
    epoch,
    elapsed,
    loss: 2,
    validAccuracy: 0.625,
    validOver: 'sampled',
    reward: 0.5,
    baseline: 0.4375,
    entropy: 12.5,
    skipRate: null,
    imagesPerSecond: 64,
  });
}

export function done(elapsed: number): RunEvent {
  return event({
    type: 'done',
    step: 20,
    epoch: 2,
    elapsed,
    run: 'runs/first',
    best: { arch: {}, reward: 0.75, validAccuracy: 0.6875 },
  });
}

/** One epoch of 10 ω steps of 2 s, 5 θ steps of 1 s and 5 s of validation, beginning at a time. */
export function epochEvents(epoch: number, from: number): RunEvent[] {
  return [
    epochStart(epoch, from),
    ...Array.from({ length: 10 }, (_, i) => childStep(epoch, i + 1, from + 2 * (i + 1))),
    ...Array.from({ length: 5 }, (_, i) => controllerStep(epoch, i + 1, from + 21 + i)),
    epochEnd(epoch, from + 30),
  ];
}

export async function* stream(events: readonly RunEvent[]): AsyncGenerator<RunEvent> {
  yield* events;
}
