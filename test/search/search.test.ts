import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadImages } from '../../src/data/load.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { deriveFromRun } from '../../src/search/deriveFromRun.ts';
import { sampleArchitectures } from '../../src/search/sampleArchs.ts';
import { search } from '../../src/search/search.ts';
import * as torch from '../../src/torch/index.ts';
import { metricsOf, runSearch, syntheticDataset, temporaryRun, tinyConfig } from './synthetic.ts';

const ofType = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('a search', () => {
  it('alternates ω and θ phases for the configured epochs and ends with the best architecture', async () => {
    const path = temporaryRun();
    const events = await runSearch(path);
    expect(events[0]).toMatchObject({ type: 'run:start', stepsPerEpoch: 6, thetaStepsPerEpoch: 4 });
    expect(ofType(events, 'child:step').map(({ step }) => step)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    expect(ofType(events, 'controller:step')).toHaveLength(8);
    expect(ofType(events, 'epoch:end').map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(ofType(events, 'checkpoint')).toHaveLength(2);
    const scored = ofType(events, 'arch:scored');
    expect(scored.filter(({ phase }) => phase === 'theta')).toHaveLength(16);
    const derived = scored.filter(({ phase }) => phase === 'derive');
    expect(derived).toHaveLength(4);

    const done = events.at(-1)!;
    if (done.type !== 'done') throw new Error(`the last event is ${done.type}`);
    expect(done.best.reward).toBe(Math.max(...derived.map(({ reward }) => reward)));
    const best = JSON.parse(readFileSync(join(path, 'best.json'), 'utf8'));
    expect(best).toMatchObject({ arch: done.best.arch, reward: done.best.reward });
    expect(readFileSync(join(path, 'best.svg'), 'utf8')).toMatch(/<svg [\s\S]*<\/svg>\s*$/);
  });

  it('learns: the loss falls and the accuracy of sampled architectures rises far above chance', async () => {
    const config = tinyConfig({
      space: { options: { layers: 3, filters: 8 } },
      search: { epochs: 12, omega: { batch: 32, lr: { period: 12 } }, theta: { steps: 1 } },
    });
    const dataset = syntheticDataset({ trainImages: 800 });
    const ends = ofType(await runSearch(temporaryRun(), { config, dataset }), 'epoch:end');
    expect(ends.at(-1)!.loss).toBeLessThan(0.6 * ends[0]!.loss);
    expect(ends.at(-1)).toMatchObject({ validAccuracy: expect.toSatisfy((a: number) => a > 0.4) });
  });

  it('gives the same metrics for the same seed, apart from times', async () => {
    const [first, second] = [temporaryRun(), temporaryRun()];
    await runSearch(first);
    await runSearch(second);
    expect(metricsOf(second)).toEqual(metricsOf(first));
  });

  it('gives other metrics for another seed', async () => {
    const [first, second] = [temporaryRun(), temporaryRun()];
    await runSearch(first);
    await runSearch(second, { config: tinyConfig({ seed: 2 }) });
    expect(metricsOf(second)).not.toEqual(metricsOf(first));
  });

  it.each([
    ['in the first ω phase', 4],
    ['in the first θ phase', 13],
    ['at the end of the first epoch', 20],
    ['in the second ω phase', 26],
  ])('stopped %s and resumed, equals the run never stopped', async (_, stopAfter) => {
    const [whole, stopped] = [temporaryRun(), temporaryRun()];
    await runSearch(whole);
    const before = await runSearch(stopped, { stopAfter });
    expect(before.at(-1)!.type).toBe('checkpoint');
    const after = await runSearch(stopped, { resume: true });
    expect(after.slice(0, 2).map(({ type }) => type)).toEqual(['run:start', 'run:resume']);
    expect(metricsOf(stopped)).toEqual(metricsOf(whole));
    expect(readFileSync(join(stopped, 'best.json'))).toEqual(
      readFileSync(join(whole, 'best.json')),
    );
  });

  it('refuses to go on with other images than it was started on', async () => {
    const path = temporaryRun();
    await runSearch(path, { stopAfter: 4 });
    await expect(
      runSearch(path, { resume: true, dataset: syntheticDataset({ fingerprint: 'others' }) }),
    ).rejects.toThrow(/the data set that the run was started on/);
  });

  it('says so when a minibatch is larger than the training set', async () => {
    const config = tinyConfig({ search: { omega: { batch: 101 } } });
    await expect(runSearch(temporaryRun(), { config })).rejects.toThrow(
      /a minibatch of 101 training images, got 100/,
    );
  });

  it('refuses a CUDA device that is not there rather than taking the CPU', async () => {
    const config = tinyConfig({ device: 'cuda:63' });
    await expect(runSearch(temporaryRun(), { config })).rejects.toThrow(/cuda:63 where there are/);
  });

  it('holds no more tensors at its end than at its beginning', async () => {
    const config = tinyConfig({ search: { omega: { archsPerStep: 3, clipNorm: 1 } } });
    const directory = RunDirectory.create(config, temporaryRun());
    const counts: number[] = [];
    for await (const _ of search(config, {
      runDirectory: directory,
      dataset: syntheticDataset(),
    })) {
      counts.push(torch.memory().tensors);
    }
    directory.close();
    expect(Math.max(...counts)).toBe(counts[0]);
  });
});

/** A run of one epoch on the built-in images, which deriving finds again by its config. */
async function searched(): Promise<string> {
  const path = temporaryRun();
  const data = { spec: 'builtin', trainLimit: 100 };
  const config = tinyConfig({ data, search: { epochs: 1, omega: { lr: { period: 1 } } } });
  const { seed } = config;
  const dataset = await loadImages(data.spec, { device: 'cpu', seed, trainLimit: 100 });
  await runSearch(path, { config, dataset });
  return path;
}

describe('with a run that exists', () => {
  it('deriving scores as many architectures as asked, keeps the best and adds nothing to the metrics', async () => {
    const path = await searched();
    const metrics = metricsOf(path);
    const events = await collect(deriveFromRun(path, { samples: 7, seed: 5 }));
    const rewards = ofType(events, 'arch:scored').map(({ reward }) => reward);
    expect(rewards).toHaveLength(7);
    expect(events[0]).toMatchObject({
      type: 'derive:start',
      run: path,
      samples: 7,
      precision: 'fp32',
      precisionReason: 'asked',
    });
    expect(events.at(-1)).toMatchObject({ type: 'done', best: { reward: Math.max(...rewards) } });
    expect(JSON.parse(readFileSync(join(path, 'best.json'), 'utf8')).reward).toBe(
      Math.max(...rewards),
    );
    expect(metricsOf(path)).toEqual(metrics);
  });

  it('deriving is in the precision that is asked for, and refuses what is none', async () => {
    const path = await searched();
    const read = async (precision: 'fp32' | 'bf16') => {
      const events = await collect(deriveFromRun(path, { samples: 4, precision }));
      const [start] = ofType(events, 'derive:start');
      expect(start).toMatchObject({ precision, precisionReason: 'asked' });
      return ofType(events, 'arch:scored').map(({ arch }) => arch);
    };
    expect(await read('bf16')).toEqual(await read('fp32'));
    const wrong = deriveFromRun(path, { precision: 'fp16' as 'fp32' });
    await expect(wrong.next()).rejects.toThrow(/precision: expected one of auto, fp32, bf16, got/);
  });

  it('deriving refuses other images than the run was started on', async () => {
    const path = temporaryRun();
    await runSearch(path, {
      config: tinyConfig({ search: { epochs: 1, omega: { lr: { period: 1 } } } }),
    });
    await expect(deriveFromRun(path).next()).rejects.toThrow(/the data set that the run was/);
  });

  it('sampling takes the trained controller', async () => {
    const path = temporaryRun();
    const config = tinyConfig({ search: { theta: { lr: 0.5 } } });
    await runSearch(path, { config });
    const trained = await sampleArchitectures({ config, count: 20, run: path });
    const untrained = await sampleArchitectures({ config, count: 20 });
    expect(trained).toHaveLength(20);
    expect(trained).not.toEqual(untrained);
    expect(await sampleArchitectures({ config, count: 20, run: path })).toEqual(trained);
  });

  it('without a checkpoint both say what is missing', async () => {
    const config = tinyConfig();
    await expect(sampleArchitectures({ config, count: 1, run: '/nowhere/at/all' })).rejects.toThrow(
      /no such folder/,
    );
  });
});
