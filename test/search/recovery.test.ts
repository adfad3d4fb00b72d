import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PartialConfig, ResolvedConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { Recovery, RunEvent } from '../../src/run/events.ts';
import { search } from '../../src/search/search.ts';
import { poisonable } from './poison.ts';
import { metricsOf, runSearch, temporaryRun, tinyConfig } from './synthetic.ts';

/** A rate under which parameters are infinite after a step, and its factor by which it is a usual one. */
const exploding = { max: 1e30, min: 1e30, period: 2 };
const lrFactor = 0.05 / 1e30;

const configWith = (
  own: PartialConfig['search'],
  recovery: { attempts: number; lrFactor: number },
) => tinyConfig({ search: { ...own, recovery } });

const recoveries = (events: readonly RunEvent[]) =>
  events.filter((event): event is Recovery => event.type === 'recovery');

/** A search whose data `onEvent` can poison. */
async function disturbed(
  path: string,
  config: ResolvedConfig,
  onEvent: (event: RunEvent, disturb: (on: boolean) => void) => void,
): Promise<RunEvent[]> {
  const { dataset, poison } = poisonable();
  const directory = RunDirectory.create(config, path);
  const events: RunEvent[] = [];
  try {
    const options = { runDirectory: directory, dataset };
    for await (const event of search(config, options)) {
      events.push(event);
      onEvent(event, poison);
    }
  } finally {
    directory.close();
  }
  return events;
}

describe('a search whose loss is not finite', () => {
  it('goes back to its beginning with a lower rate, says under which architecture, and ends well', async () => {
    const config = configWith({ omega: { lr: exploding } }, { attempts: 2, lrFactor });
    const path = temporaryRun();
    const events = await runSearch(path, { config });
    const [recovery, ...more] = recoveries(events);
    expect(more).toEqual([]);
    expect(recovery).toMatchObject({
      what: 'ω loss',
      value: expect.stringMatching(/^(NaN|Infinity)$/),
      step: 0,
      atStep: 2,
      archs: [expect.objectContaining({ layers: expect.anything() })],
      recoveries: 1,
      lrScale: lrFactor,
    });
    expect(events.at(-1)).toMatchObject({ type: 'done' });
    const lines = metricsOf(path) as { type: string; loss?: number; lr?: number }[];
    expect(lines.slice(0, 3).map(({ type }) => type)).toEqual([
      'run:start',
      'recovery',
      'epoch:start',
    ]);
    expect(lines[2]!.lr).toBeCloseTo(0.05, 6);
    for (const { type, loss } of lines)
      if (type === 'child:step') expect(loss).toBeTypeOf('number');
  });

  it('in a later epoch goes back to the last checkpoint, and no further', async () => {
    const config = configWith({ epochs: 3 }, { attempts: 3, lrFactor: 0.5 });
    const path = temporaryRun();
    const steps = new Set([8, 15]);
    const events = await disturbed(path, config, (event, disturb) => {
      if (event.type === 'child:step' && steps.delete(event.step)) disturb(true);
      if (event.type === 'recovery') disturb(false);
    });
    expect(recoveries(events)).toMatchObject([
      { step: 6, epoch: 2, atStep: 9, recoveries: 1, lrScale: 0.5 },
      { step: 12, epoch: 3, atStep: 16, recoveries: 2, lrScale: 0.25 },
    ]);
    const types = (metricsOf(path) as { type: string }[]).map(({ type }) => type);
    expect(types.filter((type) => type === 'child:step')).toHaveLength(18);
    expect(types.filter((type) => type === 'epoch:end')).toHaveLength(3);
    expect(types.at(-1)).toBe('done');
  });

  it('again before another checkpoint goes back one further, at last to its beginning', async () => {
    const config = configWith({ epochs: 3 }, { attempts: 5, lrFactor: 0.5 });
    const path = temporaryRun();
    let times = 0;
    const events = await disturbed(path, config, (event, disturb) => {
      if (event.type === 'child:step' && event.step === 14 && times === 0) disturb(true);
      if (event.type === 'recovery') disturb(++times < 4);
    });
    expect(recoveries(events).map(({ step, lrScale }) => [step, lrScale])).toEqual([
      [12, 0.5],
      [6, 0.25],
      [0, 0.125],
      [0, 0.0625],
    ]);
    const lines = metricsOf(path) as { type: string }[];
    expect(lines.slice(0, 2).map(({ type }) => type)).toEqual(['run:start', 'recovery']);
    expect(lines.filter(({ type }) => type === 'epoch:end')).toHaveLength(3);
    const directory = RunDirectory.open(path);
    expect((await directory.latestCheckpoint())!.step).toBe(30);
    directory.close();
  });

  it('stopped after it went back, and resumed, equals the one never stopped', async () => {
    const config = configWith({ omega: { lr: exploding } }, { attempts: 2, lrFactor });
    const [stopped, whole] = [temporaryRun(), temporaryRun()];
    await runSearch(whole, { config });
    const before = await runSearch(stopped, { config, stopAfter: 9 });
    expect(recoveries(before)).toHaveLength(1);
    await runSearch(stopped, { config, resume: true });
    expect(metricsOf(stopped)).toEqual(metricsOf(whole));
  });

  it('killed after it went back, and resumed, equals the one never killed', async () => {
    // The rate is too high in the second epoch, and still is after one and after two recoveries.
    const lr = { max: 0.05, min: 1e30, period: 2 };
    const config = configWith({ epochs: 3, omega: { lr } }, { attempts: 3, lrFactor: 1e-10 });
    const whole = temporaryRun();
    const events = await runSearch(whole, { config });
    expect(recoveries(events).map(({ step }) => step)).toEqual([6, 0, 6]);
    const moments = events.flatMap(({ type }, i) => (type === 'recovery' ? [i + 1, i + 3] : []));
    for (const killAfter of moments) {
      const killed = temporaryRun();
      await runSearch(killed, { config, killAfter });
      await runSearch(killed, { resume: true });
      expect(metricsOf(killed)).toEqual(metricsOf(whole));
      expect(existsSync(join(killed, 'went-back.json'))).toBe(false);
    }
  });

  it('gives up after so many times, names the architecture, and keeps its last checkpoint to derive from', async () => {
    const config = configWith({ epochs: 3 }, { attempts: 2, lrFactor: 0.5 });
    const path = temporaryRun();
    const run = disturbed(path, config, (event, disturb) => {
      if (event.type === 'child:step' && event.step === 8) disturb(true);
    });
    await expect(run).rejects.toMatchObject({
      code: 'ERR_RUN',
      message: expect.stringMatching(
        /^the ω loss is (NaN|Infinity) at step \d+ under \{"space":"macro","layers":.*\}, after going back to the last checkpoint 2 times; lower search\.omega\.lr/,
      ),
    });
    const directory = RunDirectory.open(path);
    expect(await directory.latestCheckpoint()).toBeNull();
    expect((await directory.newestCheckpoint())!.step).toBe(10);
    directory.close();
    expect(readdirSync(join(path, 'checkpoints'))).toEqual(['10']);
  });

  it('with no attempts fails at once', async () => {
    const config = configWith({ omega: { lr: exploding } }, { attempts: 0, lrFactor: 1 });
    await expect(runSearch(temporaryRun(), { config })).rejects.toThrow(
      /at step 2 under \{.*\}; lower/,
    );
  });

  describe('after an epoch’s only step, which leaves parameters that are not finite,', () => {
    const lr = { max: 1e39, min: 1e39, period: 2 };
    const config = () =>
      configWith({ omega: { batch: 100, lr } }, { attempts: 1, lrFactor: 0.05 / 1e39 });

    it('goes back at the first reward, and names its architecture', async () => {
      const events = await runSearch(temporaryRun(), { config: config() });
      expect(recoveries(events)).toMatchObject([
        { what: 'reward', value: 'NaN', step: 0, atStep: 1, recoveries: 1 },
      ]);
      expect(recoveries(events)[0]!.archs).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: 'done' });
    });

    it('stopped there writes no checkpoint of them', async () => {
      const path = temporaryRun();
      const whole = await runSearch(temporaryRun(), { config: config() });
      const stopAfter = 1 + whole.findIndex(({ type }) => type === 'child:step');
      const events = await runSearch(path, { config: config(), stopAfter });
      expect(recoveries(events)).toMatchObject([
        { what: 'sum of the shared parameters', archs: [], step: 0, atStep: 1, recoveries: 1 },
      ]);
      const resumed = await runSearch(path, { resume: true });
      expect(resumed.at(-1)).toMatchObject({ type: 'done' });
    });
  });
});
