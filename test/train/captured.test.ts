import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/learning/clock.ts';
import type { Dataset } from '../../src/learning/createLearner.ts';
import { type ResolvedConfig, resolveConfig } from '../../src/run/config.ts';
import type { RunEvent } from '../../src/run/events.ts';
import * as torch from '../../src/torch/index.ts';
import { cudaRecorder, type Recorder } from '../../src/torch/recorder.ts';
import { capturedSteps } from '../../src/train/captured/create.ts';
import { trainEpoch } from '../../src/train/epoch.ts';
import { createSession, type TrainSession } from '../../src/train/session.ts';
import { syntheticDataset } from '../search/synthetic.ts';
import { replaying } from '../torch/replaying.ts';
import { firstArch, tinyTrainConfig } from './running.ts';
import { toyText, toyTextConfig } from './toyText.ts';

function microConfig(): ResolvedConfig {
  const config = resolveConfig({
    space: 'micro',
    config: {
      device: 'cpu',
      precision: 'fp32',
      space: {
        options: {
          layers: 1,
          filters: 4,
          fixed: { layers: 1, filters: 4, dropPathKeep: 0.6, auxiliary: false, keepProb: 0.8 },
        },
      },
      train: { epochs: 3, batch: 16, clipNorm: 0.5 },
    },
  } as object);
  return { ...config, arch: firstArch(config) };
}

const macroConfig = () => ({
  ...tinyTrainConfig({ lr: { period: 3 } } as object),
  precision: 'fp32' as const,
});
const textConfig = () => ({
  ...toyTextConfig({ averageFrom: 2 } as object),
  precision: 'fp32' as const,
});

const trainings: Record<string, () => { config: ResolvedConfig; dataset: Dataset }> = {
  'a macro network with dropout': () => ({ config: macroConfig(), dataset: syntheticDataset() }),
  'a micro network with drop-path and clipping': () => ({
    config: microConfig(),
    dataset: syntheticDataset(),
  }),
  'a recurrent network over pieces of varying length, its parameters averaged': () => ({
    config: textConfig(),
    dataset: toyText(),
  }),
};

/** Goes through the epochs' steps, as training does but for what is between epochs. */
function trained(session: TrainSession): RunEvent[] {
  const clock = new Clock();
  const events: RunEvent[] = [];
  for (let epoch = 1; epoch <= session.config.train.epochs; epoch++) {
    session.state = { ...session.state, epoch, stepInEpoch: 0 };
    events.push(...trainEpoch(session, clock));
  }
  return events;
}

const replayedSession = ({ config, dataset }: { config: ResolvedConfig; dataset: Dataset }) => {
  const session = createSession(config, dataset, 'cpu');
  const { recorder, counts } = replaying();
  session.captured = capturedSteps(session, recorder);
  return { session, counts };
};

const losses = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'train:step' ? [event.loss] : []));

/** The largest difference between two sessions' parameters, momenta, running statistics and means. */
function distance(a: TrainSession, b: TrainSession): number {
  const all = ({ parameters, learner, mean }: TrainSession) =>
    [parameters.values(), parameters.momenta(), learner.carried(), mean && { mean }].flatMap(
      (each) => Object.values(each ?? {}),
    );
  const others = all(b);
  return torch.scope(() =>
    Math.max(
      ...all(a).map((tensor, i) => tensor.detach().sub(others[i]!.detach()).abs().max().item()),
    ),
  );
}

describe.each(Object.entries(trainings))('%s', (_, make) => {
  it('learns the same by replayed steps as by steps taken one by one', () => {
    const { config, dataset } = make();
    const [eager, replayed] = [0, 1].map(() => createSession(config, dataset, 'cpu')) as [
      TrainSession,
      TrainSession,
    ];
    const start = eager.parameters.flat.clone();
    const { recorder, counts } = replaying();
    replayed.captured = capturedSteps(replayed, recorder);
    const expected = losses(trained(eager));
    const got = losses(trained(replayed));
    expect(counts.replays).toBeGreaterThan(0.3 * expected.length);
    expect(counts.recordings).toBeLessThanOrEqual(4);
    expect(got).toHaveLength(expected.length);
    for (const [i, loss] of got.entries()) expect(loss).toBeCloseTo(expected[i]!, 4);
    expect(distance(eager, replayed)).toBeLessThan(1e-4);
    expect(eager.parameters.flat.sub(start).abs().max().item()).toBeGreaterThan(1e-2);
  });

  it('has the events and parameters of steps read at once where they are read a step behind', () => {
    const { session: atOnce } = replayedSession(make());
    const behind: TrainSession = { ...replayedSession(make()).session, readsBehind: 1 };
    const [expected, got] = [trained(atOnce), trained(behind)];
    const timeless = (events: readonly RunEvent[]) =>
      events.map(({ time: _, elapsed: __, ...event }) =>
        Object.fromEntries(Object.entries(event).filter(([name]) => !name.endsWith('PerSecond'))),
      );
    expect(timeless(got)).toEqual(timeless(expected));
    expect(distance(atOnce, behind)).toBe(0);
    const untimed = ({ state }: TrainSession) => ({
      ...state,
      sums: { ...state.sums, seconds: 0 },
    });
    expect(untimed(behind)).toEqual(untimed(atOnce));
    expect(behind.inFlight).toBe(0);
  });
});

describe('recorded steps', () => {
  it('go on one by one where recording fails, with a warning, and learn the same', () => {
    const { config, dataset } = trainings['a macro network with dropout']!();
    const [eager, failing] = [0, 1].map(() => createSession(config, dataset, 'cpu')) as [
      TrainSession,
      TrainSession,
    ];
    const recorder: Recorder = {
      ...replaying().recorder,
      record() {
        throw new Error('operation not permitted when stream is capturing');
      },
    };
    failing.captured = capturedSteps(failing, recorder);
    trained(eager);
    const events = trained(failing);
    const warnings = events.filter(({ type }) => type === 'warning');
    expect(warnings).toMatchObject([
      { code: 'not-captured', message: expect.stringContaining('stream is capturing') },
    ]);
    expect(distance(eager, failing)).toBeLessThan(1e-4);
  });

  it('launched behind are finished first once the training is stopped, and no more is launched', () => {
    const made = trainings['a micro network with drop-path and clipping']!();
    const { session, counts } = replayedSession(made);
    const behind: TrainSession = { ...session, readsBehind: 1 };
    const stop = new AbortController();
    const steps: number[] = [];
    for (const event of trainEpoch(behind, new Clock(), stop.signal)) {
      steps.push(event.step);
      if (event.step === 4) {
        // Three steps before the first replay, and one more launched than was read.
        expect(counts.replays).toBe(2);
        expect(behind.inFlight).toBe(1);
        stop.abort();
      }
      if (behind.inFlight === 0) break;
    }
    expect(steps).toEqual([1, 2, 3, 4, 5]);
    expect(behind.state).toMatchObject({ step: 5, stepInEpoch: 5 });
    const { session: atOnce } = replayedSession(made);
    for (const event of trainEpoch(atOnce, new Clock())) if (event.step === 5) break;
    expect(distance(atOnce, behind)).toBe(0);
  });

  it('launched after one whose loss is not finite move nothing, and the error names that one', () => {
    const { session, counts } = replayedSession(trainings['a macro network with dropout']!());
    const behind: TrainSession = { ...session, readsBehind: 1 };
    const { learner } = behind;
    const gradients = learner.gradients.bind(learner);
    let poisoned = false;
    learner.gradients = (...given) => {
      const read = gradients(...given);
      return poisoned ? read.mul(Number.NaN) : read;
    };
    const steps = trainEpoch(behind, new Clock());
    for (let i = 0; i < 3; i++) steps.next();
    expect(counts.replays).toBe(1);
    const before = behind.parameters.flat.clone();
    poisoned = true;
    steps.next();
    poisoned = false;
    expect(() => steps.next()).toThrow('the loss of step 5 is NaN');
    expect(counts.replays).toBe(3);
    expect(behind.parameters.flat.eq(before).all().item()).toBe(1);
  });

  it('go on from parameters that were put back, as if no loss had ever not been finite', () => {
    const make = trainings['a micro network with drop-path and clipping']!;
    const whole: TrainSession = { ...replayedSession(make()).session, readsBehind: 1 };
    const session: TrainSession = { ...replayedSession(make()).session, readsBehind: 1 };
    for (const _ of trainEpoch(whole, new Clock()));
    const { learner } = session;
    const gradients = learner.gradients.bind(learner);
    let poisoned = false;
    learner.gradients = (...given) => {
      const read = gradients(...given);
      return poisoned ? read.mul(Number.NaN) : read;
    };
    const steps = trainEpoch(session, new Clock());
    for (let i = 0; i < 3; i++) steps.next();
    const { parameters } = session;
    const all = [parameters.values(), parameters.momenta()].flatMap((each) => Object.values(each));
    const before = torch.noGrad(() => all.map((tensor) => tensor.clone()));
    poisoned = true;
    steps.next();
    poisoned = false;
    expect(() => steps.next()).toThrow('the loss of step 5 is NaN');
    expect(session.state.step).toBe(4);
    torch.noGrad(() => all.forEach((tensor, i) => void tensor.copy_(before[i]!)));
    session.inFlight = 0;
    session.captured!.goOn();
    for (const _ of trainEpoch(session, new Clock()));
    expect(session.state.step).toBe(whole.state.step);
    expect(distance(whole, session)).toBe(0);
  });

  it('that cannot be made while another is in flight leave that one to be read first', () => {
    const made = trainings['a macro network with dropout']!();
    const eager = createSession(made.config, made.dataset, 'cpu');
    const failing: TrainSession = { ...replayedSession(made).session, readsBehind: 1 };
    const recorder: Recorder = {
      ...replaying().recorder,
      record() {
        throw new Error('operation not permitted when stream is capturing');
      },
    };
    failing.captured = capturedSteps(failing, recorder);
    trained(eager);
    const kinds = trained(failing).map(({ type, step }) => `${type} ${step}`);
    expect(kinds.slice(0, 5)).toEqual([
      'train:step 1',
      'train:step 2',
      'warning 2',
      'train:step 3',
      'train:step 4',
    ]);
    expect(kinds).toHaveLength(1 + eager.state.step);
    expect(distance(eager, failing)).toBeLessThan(1e-4);
  });

  it('that have a loss which is not finite move nothing', () => {
    const { config, dataset } = trainings['a macro network with dropout']!();
    const session = createSession(config, dataset, 'cpu');
    const { recorder, counts } = replaying();
    session.captured = capturedSteps(session, recorder);
    const steps = trainEpoch(session, new Clock());
    for (let i = 0; i < 5; i++) steps.next();
    expect(counts.replays).toBe(2);
    const parameter = session.parameters.lookup(session.touched.at(-1)!);
    torch.noGrad(() => parameter.fill_(Number.POSITIVE_INFINITY));
    const before = session.parameters.flat.clone();
    expect(() => steps.next()).toThrow('the loss of step 6 is NaN');
    expect(counts.replays).toBe(3);
    const same = session.parameters.flat.eq(before).logicalOr(before.isnan());
    expect(same.all().item()).toBe(1);
  });

  it('cannot be made on the CPU by a recorder of CUDA graphs', () => {
    const message = /CUDAGraph: device: expected a CUDA device, got "cpu"/;
    expect(() => cudaRecorder('cpu').record(() => [])).toThrow(message);
    expect(() => cudaRecorder('cpu').warmUp(() => 1)).toThrow(/sideStream: device: expected/);
  });
});
