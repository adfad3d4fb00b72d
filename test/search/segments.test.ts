import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/learning/clock.ts';
import { drained } from '../../src/learning/paced.ts';
import { type ResolvedConfig, resolveConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { omegaPhase } from '../../src/search/omegaPhase.ts';
import { cudaSegments, segmentsFor, segmentsRun } from '../../src/search/segments.ts';
import { childOf, createSession, type Session } from '../../src/search/session.ts';
import { thetaPhase } from '../../src/search/thetaPhase.ts';
import * as torch from '../../src/torch/index.ts';
import type { Recorder } from '../../src/torch/recorder.ts';
import { replaying } from '../torch/replaying.ts';
import { metricsOf, syntheticDataset, temporaryRun, tinyConfig } from './synthetic.ts';

const micro = () =>
  resolveConfig({
    space: 'micro',
    config: {
      device: 'cpu',
      precision: 'fp32',
      space: { options: { layers: 1, filters: 4 } },
      search: {
        epochs: 2,
        omega: { batch: 16 },
        theta: { units: 8, steps: 20, aggregate: 2, rewardBatch: 16 },
      },
    },
  });

const spaces: Record<string, () => ResolvedConfig> = {
  macro: () => tinyConfig(),
  'macro, two architectures a step': () =>
    tinyConfig({ search: { omega: { archsPerStep: 2, clipNorm: 1 } } }),
  micro,
};

const sessionOf = (config: ResolvedConfig) => createSession(config, syntheticDataset(), 'cpu');

/** A device that does not record. */
const unrecording: Recorder = {
  ...replaying().recorder,
  record() {
    throw new Error('operation not permitted when stream is capturing');
  },
};

/** Goes through the ω phases of so many epochs. */
function learned(session: Session, epochs: number): RunEvent[] {
  const clock = new Clock();
  const events: RunEvent[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    session.state = { ...session.state, epoch, stepInPhase: 0 };
    events.push(...omegaPhase(session, clock));
  }
  return events;
}

const losses = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'child:step' ? [event.loss] : []));

/** Everything of a session that a step moves, next to each other. */
const tensorsOf = ({ shared }: Session) =>
  [shared.values(), shared.momenta()].flatMap((each) => Object.values(each));

function distance(a: Session, b: Session): number {
  const others = tensorsOf(b);
  return torch.scope(() =>
    Math.max(...tensorsOf(a).map((x, i) => x.detach().sub(others[i]!.detach()).abs().max().item())),
  );
}

describe.each(Object.entries(spaces))('the ω phase of a %s search', (_, configOf) => {
  it('by replayed segments has the losses and parameters of one without', () => {
    const [plain, segmented] = [sessionOf(configOf()), sessionOf(configOf())];
    const { recorder, counts } = replaying();
    segmented.segments = segmentsFor(segmented.config, recorder, 1e10);
    const expected = losses(learned(plain, 4));
    const got = losses(learned(segmented, 4));
    expect(segmented.segments?.failure).toBeNull();
    expect(counts.replays).toBeGreaterThan(50);
    expect(got).toHaveLength(expected.length);
    for (const [i, loss] of got.entries()) expect(loss).toBeCloseTo(expected[i]!, 4);
    expect(distance(plain, segmented)).toBeLessThan(1e-3);
    expect(distance(plain, sessionOf(configOf()))).toBeGreaterThan(1e-2);
  }, 120_000);
});

describe.each(Object.entries(spaces))(
  'the θ phase and validation of a %s search',
  (_, configOf) => {
    it('by replayed segments have the rewards, policy and accuracy of one without', () => {
      const [plain, segmented] = [sessionOf(configOf()), sessionOf(configOf())];
      const { recorder, counts } = replaying();
      segmented.segments = segmentsFor(segmented.config, recorder, 1e10);
      const rewards = (session: Session) => {
        const clock = new Clock();
        const found: number[] = [];
        for (let epoch = 1; epoch <= 3; epoch++) {
          session.state = { ...session.state, epoch, phase: 'theta', stepInPhase: 0 };
          for (const event of thetaPhase(session, clock)) {
            if (event.type === 'arch:scored') found.push(event.reward);
          }
        }
        return found;
      };
      const expected = rewards(plain);
      expect(rewards(segmented)).toEqual(expected);
      expect(new Set(expected).size).toBeGreaterThan(1);
      const { training, evaluation } = segmented.segments.counts;
      expect(training).toMatchObject({ replayed: 0, interpreted: 0, recorded: 0 });
      expect(evaluation.replayed).toBe(counts.replays);
      expect(counts.replays).toBeGreaterThan(50);
      const policy = ({ controller }: Session) =>
        [...controller.theta.values()].map((x) => x.tolist());
      expect(policy(segmented)).toEqual(policy(plain));
      const validated = (session: Session) => {
        const at = (index: number) => {
          const [choices] = session.controller.draw(1, session.streams, 'valid', index);
          return childOf(session, session.space.decode(choices!));
        };
        return drained(session.learner.evaluate(at, 'valid'));
      };
      const { replays } = counts;
      expect(validated(segmented)).toEqual(validated(plain));
      expect(counts.replays).toBeGreaterThan(replays);
    }, 120_000);
  },
);

describe('the event of the segments', () => {
  it('says how those of training and of evaluation were run, where there are any', () => {
    const session = sessionOf(tinyConfig());
    const clock = new Clock();
    expect([...segmentsRun(session, clock)]).toEqual([]);
    const { recorder, counts } = replaying({ bytesEach: 1000 });
    session.segments = segmentsFor(session.config, recorder, 1e10);
    learned(session, 2);
    session.state = { ...session.state, phase: 'theta', stepInPhase: 0 };
    for (const _ of thetaPhase(session, clock));
    const [event] = [...segmentsRun(session, clock)];
    expect(event).toMatchObject({ type: 'segments', epoch: 2, step: session.state.step });
    const { training, evaluation } = event!;
    // A recording of training is two, and each is replayed in both directions.
    expect(2 * training.recorded + evaluation.recorded).toBe(counts.recordings);
    expect(2 * training.replayed + evaluation.replayed).toBe(counts.replays);
    for (const each of [training, evaluation]) {
      expect(each.kept).toBe(each.recorded);
      expect(each.bytes).toBeGreaterThanOrEqual(1000 * each.kept);
      expect(each.interpreted).toBeGreaterThanOrEqual(2 * each.recorded);
      expect(each.replayed).toBeGreaterThan(0);
    }
  });

  it('is not among the metrics of a run', () => {
    const path = temporaryRun();
    const directory = RunDirectory.create(tinyConfig(), path);
    const session = sessionOf(tinyConfig());
    session.segments = segmentsFor(session.config, replaying().recorder, 1e10);
    const [event] = [...segmentsRun(session, new Clock())];
    directory.record(event!);
    directory.record(new Clock().stamp({ type: 'epoch:start', step: 0, epoch: 1, lr: 0.1 }));
    directory.close();
    expect(metricsOf(path)).toMatchObject([{ type: 'epoch:start' }]);
  });
});

describe('a θ phase', () => {
  it('goes on without segments where one cannot be recorded, with a warning that says why', () => {
    const [plain, failing] = [sessionOf(tinyConfig()), sessionOf(tinyConfig())];
    failing.segments = segmentsFor(failing.config, unrecording, 1e10);
    const phase = (session: Session) => {
      session.state = { ...session.state, phase: 'theta', stepInPhase: 0 };
      const events: RunEvent[] = [...thetaPhase(session, new Clock())];
      const rewards = events.flatMap((each) => (each.type === 'arch:scored' ? [each.reward] : []));
      return { rewards, warnings: events.filter(({ type }) => type === 'warning') };
    };
    const { rewards, warnings } = phase(failing);
    expect(warnings).toMatchObject([{ code: 'not-captured' }]);
    expect(failing.segments).toBeNull();
    expect(rewards).toEqual(phase(plain).rewards);
  });
});

describe('an ω phase', () => {
  it('goes on without segments where one cannot be recorded, with a warning that says why', () => {
    const [plain, failing] = [sessionOf(tinyConfig()), sessionOf(tinyConfig())];
    failing.segments = segmentsFor(failing.config, unrecording, 1e10);
    const expected = losses(learned(plain, 2));
    const events = learned(failing, 2);
    const message = expect.stringMatching(/recording a segment failed: .* stream is capturing/);
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([
      { code: 'not-captured', message },
    ]);
    expect(failing.segments).toBeNull();
    for (const [i, loss] of losses(events).entries()) expect(loss).toBeCloseTo(expected[i]!, 4);
    expect(distance(plain, failing)).toBeLessThan(1e-4);
  });

  it('that reads a step behind has the events and parameters of one that reads at once', () => {
    const atOnce = sessionOf(tinyConfig());
    const behind: Session = { ...sessionOf(tinyConfig()), readsBehind: 1 };
    const [expected, got] = [learned(atOnce, 2), learned(behind, 2)];
    const timeless = (events: readonly RunEvent[]) =>
      events.map(({ time: _, elapsed: __, ...event }) => ({ ...event, imagesPerSecond: 0 }));
    expect(timeless(got)).toEqual(timeless(expected));
    expect(distance(atOnce, behind)).toBe(0);
    const withoutTimes = ({ state }: Session) => ({
      ...state,
      sums: { ...state.sums, seconds: 0 },
    });
    expect(withoutTimes(behind)).toEqual(withoutTimes(atOnce));
    expect(behind.inFlight).toBe(0);
  });

  it('that reads a step behind says what is in flight, and finishes that first once it is stopped', () => {
    const behind: Session = { ...sessionOf(tinyConfig()), readsBehind: 1 };
    const stop = new AbortController();
    const steps: number[] = [];
    for (const event of omegaPhase(behind, new Clock(), stop.signal)) {
      if (event.type !== 'child:step') continue;
      steps.push(event.step);
      if (event.step === 2) {
        expect(behind.inFlight).toBe(1);
        stop.abort();
      }
      if (behind.inFlight === 0) break;
    }
    expect(steps).toEqual([1, 2, 3]);
    expect(behind.state).toMatchObject({ step: 3, stepInPhase: 3 });
    // No more was launched than the state says: the parameters are those after three steps.
    const atOnce = sessionOf(tinyConfig());
    for (const event of omegaPhase(atOnce, new Clock())) {
      if (event.type === 'child:step' && event.step === 3) break;
    }
    expect(distance(atOnce, behind)).toBe(0);
  });

  it('reads at once on the CPU, where nothing is recorded either', () => {
    const session = sessionOf(tinyConfig());
    expect(session.readsBehind).toBe(0);
    expect(cudaSegments(session)).toBeNull();
  });
});
