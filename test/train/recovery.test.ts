import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PartialConfig, ResolvedConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { train } from '../../src/train/train.ts';
import { poisonable } from '../search/poison.ts';
import { metricsOf, temporaryRun } from '../search/synthetic.ts';
import { ofType, runTrain, tinyTrainConfig } from './running.ts';
import { toyText, toyTextConfig } from './toyText.ts';

/** A rate under which parameters are infinite after a step, and its factor by which it is a usual one. */
const exploding = { max: 1e30, min: 1e30, period: 2 };
const lrFactor = 0.05 / 1e30;

/** A rate that is too high in the second epoch only, and still is after one and after two recoveries. */
const explodingLater = {
  lr: { schedule: 'cosine', max: 0.05, min: 1e30, period: 2, periodFactor: 1 },
  recovery: { attempts: 3, lrFactor: 1e-10 },
} as const;

const configWith = (settings: object) => tinyTrainConfig(settings as PartialConfig['train']);

/** A training whose data `onEvent` can poison. */
async function disturbed(
  path: string,
  config: ResolvedConfig,
  onEvent: (event: RunEvent, poison: (on: boolean) => void) => void,
): Promise<RunEvent[]> {
  const { dataset, poison } = poisonable();
  const directory = RunDirectory.create(config, path);
  const events: RunEvent[] = [];
  try {
    for await (const event of train(config, { runDirectory: directory, dataset })) {
      events.push(event);
      onEvent(event, poison);
    }
  } finally {
    directory.close();
  }
  return events;
}

/** SHA-256 of what a run leaves of its parameters: its model, and all of its newest checkpoint. */
function weightsOf(path: string): Record<string, string> {
  const checkpoints = join(path, 'checkpoints');
  const newest = join(checkpoints, String(Math.max(...readdirSync(checkpoints).map(Number))));
  const files = readdirSync(newest).filter((name) => name.endsWith('.safetensors'));
  return Object.fromEntries(
    [join(path, 'model.safetensors'), ...files.map((name) => join(newest, name))].map((file) => [
      file.slice(path.length),
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    ]),
  );
}

describe('a training whose loss is not finite', () => {
  it('goes back to its beginning with a lower rate, and ends well', async () => {
    const config = configWith({ lr: exploding, recovery: { attempts: 2, lrFactor } });
    const path = temporaryRun();
    const events = await runTrain(path, { config });
    expect(ofType(events, 'recovery')).toMatchObject([
      {
        what: 'loss',
        value: expect.stringMatching(/^(NaN|Infinity)$/),
        step: 0,
        epoch: 1,
        atStep: 2,
        archs: [],
        recoveries: 1,
        lrScale: lrFactor,
      },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'train:done' });
    const lines = metricsOf(path) as { type: string; loss?: number; lr?: number }[];
    expect(lines.slice(0, 3).map(({ type }) => type)).toEqual([
      'train:start',
      'recovery',
      'train:step',
    ]);
    const epochs = lines.filter(({ type }) => type === 'train:epoch');
    expect(epochs).toHaveLength(3);
    for (const { lr } of epochs) expect(lr).toBeCloseTo(0.05, 6);
  });

  it('in a later epoch goes back to the last checkpoint, and no further', async () => {
    const config = configWith({ recovery: { attempts: 3, lrFactor: 0.5 } });
    const path = temporaryRun();
    const steps = new Set([8, 15]);
    const events = await disturbed(path, config, (event, poison) => {
      if (event.type === 'train:step' && steps.delete(event.step)) poison(true);
      if (event.type === 'recovery') poison(false);
    });
    expect(ofType(events, 'recovery')).toMatchObject([
      { step: 6, epoch: 2, atStep: 9, recoveries: 1, lrScale: 0.5 },
      { step: 12, epoch: 3, atStep: 16, recoveries: 2, lrScale: 0.25 },
    ]);
    const types = (metricsOf(path) as { type: string }[]).map(({ type }) => type);
    expect(types.filter((type) => type === 'train:step')).toHaveLength(18);
    expect(types.filter((type) => type === 'train:epoch')).toHaveLength(3);
    expect(types.at(-1)).toBe('train:done');
  });

  it('again before another checkpoint goes back one further, and its model with it', async () => {
    const config = configWith({ holdOut: false, recovery: { attempts: 5, lrFactor: 0.5 } });
    const path = temporaryRun();
    const model = join(path, 'model.safetensors');
    const kept = new Map<number, Buffer>();
    const after: [number, Buffer | null][] = [];
    let times = 0;
    await disturbed(path, config, (event, poison) => {
      if (event.type === 'checkpoint' && times === 0) kept.set(event.step, readFileSync(model));
      if (event.type === 'train:step' && event.step === 20 && times === 0) poison(true);
      if (event.type !== 'recovery') return;
      after.push([event.step, existsSync(model) ? readFileSync(model) : null]);
      poison(++times < 3);
    });
    expect(after.map(([step]) => step)).toEqual([18, 9, 0]);
    // Buffers are compared whole: the difference of two would be a line a byte.
    expect(after[0]![1]!.equals(kept.get(18)!)).toBe(true);
    expect(after[1]![1]!.equals(kept.get(9)!)).toBe(true);
    expect(kept.get(18)!.equals(kept.get(9)!)).toBe(false);
    expect(after[2]![1]).toBeNull();
    expect(metricsOf(path).at(-1)).toMatchObject({ type: 'train:done', result: { epoch: 3 } });
  });

  it('killed before or after it went back, and resumed, comes to the same weights bit for bit', async () => {
    const config = configWith(explodingLater);
    const whole = temporaryRun();
    const events = await runTrain(whole, { config });
    expect(ofType(events, 'recovery').map(({ step }) => step)).toEqual([6, 0, 6]);
    const moments = events.flatMap(({ type }, i) => (type === 'recovery' ? [i, i + 1, i + 3] : []));
    for (const killAfter of moments) {
      const killed = temporaryRun();
      await runTrain(killed, { config, killAfter });
      await runTrain(killed, { resume: true });
      expect(metricsOf(killed)).toEqual(metricsOf(whole));
      expect(weightsOf(killed)).toEqual(weightsOf(whole));
      expect(existsSync(join(killed, 'went-back.json'))).toBe(false);
    }
  });

  it('stopped after it went back, and resumed, comes to the same weights bit for bit', async () => {
    const config = configWith({ lr: exploding, recovery: { attempts: 2, lrFactor } });
    const [stopped, whole] = [temporaryRun(), temporaryRun()];
    await runTrain(whole, { config });
    const before = await runTrain(stopped, { config, stopAfter: 6 });
    expect(ofType(before, 'recovery')).toHaveLength(1);
    expect(before.at(-1)).toMatchObject({ type: 'checkpoint', epoch: 1 });
    await runTrain(stopped, { resume: true });
    expect(metricsOf(stopped)).toEqual(metricsOf(whole));
    expect(weightsOf(stopped)).toEqual(weightsOf(whole));
  });

  it('of text puts back the mean of its parameters and its hidden states too', async () => {
    const config = toyTextConfig({ averageFrom: 1, clipNorm: 0, ...explodingLater } as object);
    const options = { config, dataset: toyText() };
    const [killed, whole] = [temporaryRun(), temporaryRun()];
    const events = await runTrain(whole, options);
    const back = events.findLastIndex(({ type }) => type === 'recovery');
    expect(events[back]).toMatchObject({ epoch: 2 });
    await runTrain(killed, { ...options, killAfter: back + 2 });
    await runTrain(killed, { ...options, resume: true });
    expect(metricsOf(killed)).toEqual(metricsOf(whole));
    expect(weightsOf(killed)).toEqual(weightsOf(whole));
  });

  it('gives up after so many times, says what to change, and leaves its last checkpoint', async () => {
    const config = configWith({ clipNorm: 5, recovery: { attempts: 2, lrFactor: 0.5 } });
    const path = temporaryRun();
    const run = disturbed(path, config, (event, poison) => {
      if (event.type === 'train:step' && event.step === 8) poison(true);
    });
    await expect(run).rejects.toMatchObject({
      code: 'ERR_RUN',
      message: expect.stringMatching(
        /^the loss is NaN at step 1, after going back to the last checkpoint 2 times; lower train\.lr\.max \(0\.1\), lower train\.clipNorm \(5\), or raise train\.recovery\.attempts$/,
      ),
    });
    expect(readdirSync(join(path, 'checkpoints'))).toEqual(['6']);
  });

  it('with no attempts fails at once', async () => {
    const recovery = { attempts: 0, lrFactor: 1 };
    const config = configWith({ lr: exploding, clipNorm: 0, recovery });
    await expect(runTrain(temporaryRun(), { config })).rejects.toThrow(
      /^the loss is (NaN|Infinity) at step 2; lower train\.lr\.max \(1e\+30\), clip gradients with train\.clipNorm \(0 = never\), or raise/,
    );
  });

  it('after an epoch’s only step, which leaves parameters that are not finite, keeps none of them', async () => {
    const lr = { max: 1e39, min: 1e39, period: 2 };
    const recovery = { attempts: 1, lrFactor: 0.05 / 1e39 };
    const config = configWith({ batch: 100, holdOut: false, lr, recovery });
    const limited = { ...config, data: { ...config.data, trainLimit: 100 } };
    const path = temporaryRun();
    const events = await runTrain(path, { config: limited });
    expect(ofType(events, 'recovery')).toMatchObject([
      { what: 'sum of the parameters', archs: [], step: 0, atStep: 1, recoveries: 1 },
    ]);
    expect(ofType(events, 'train:epoch')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'train:done' });
  });
});
