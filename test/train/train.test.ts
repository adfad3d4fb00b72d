import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { learningRate } from '../../src/learning/learningRate.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import * as torch from '../../src/torch/index.ts';
import { loadModel } from '../../src/train/model.ts';
import { train } from '../../src/train/train.ts';
import { metricsOf, syntheticDataset, temporaryRun, tinyConfig } from '../search/synthetic.ts';
import { ofType, runTrain, tinyTrainConfig } from './running.ts';

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

describe('a training from scratch', () => {
  it('steps through its epochs, keeps the best by validation, and tests that once', async () => {
    const path = temporaryRun();
    const config = tinyTrainConfig();
    const events = await runTrain(path, { config });
    expect(events[0]).toMatchObject({
      type: 'train:start',
      space: 'macro',
      data: 'synthetic',
      epochs: 3,
      stepsPerEpoch: 6,
      auxiliaryParameters: 0,
    });
    expect(ofType(events, 'train:step').map(({ step }) => step)).toEqual(
      Array.from({ length: 18 }, (_, i) => i + 1),
    );
    const epochs = ofType(events, 'train:epoch');
    expect(epochs.map(({ lr }) => lr)).toEqual(
      [1, 2, 3].map((epoch) => learningRate(config.train.lr, epoch)),
    );
    const accuracies = epochs.map((event) => ('validAccuracy' in event ? event.validAccuracy : -1));
    const rising = accuracies.map((value, i) => value > Math.max(-1, ...accuracies.slice(0, i)));
    expect(epochs.map(({ kept }) => kept)).toEqual(rising);
    expect(ofType(events, 'checkpoint')).toHaveLength(3);

    const done = events.at(-1)!;
    if (done.type !== 'train:done') throw new Error(`the last event is ${done.type}`);
    expect(done.result).toMatchObject({
      epoch: 1 + rising.lastIndexOf(true),
      validAccuracy: Math.max(...accuracies),
    });
    expect(json(path, 'result.json')).toEqual({ version: 1, ...done.result });
    expect(json(path, 'arch.json')).toEqual(config.arch);
    expect(readFileSync(join(path, 'arch.svg'), 'utf8')).toContain('<svg');
    expect(existsSync(join(path, 'architectures.jsonl'))).toBe(false);
  });

  it('learns: of images whose colour tells the class the tested network knows nearly all', async () => {
    const config = tinyTrainConfig({ epochs: 6, lr: { period: 6 } });
    const dataset = syntheticDataset({ trainImages: 800 });
    const events = await runTrain(temporaryRun(), { config, dataset });
    const epochs = ofType(events, 'train:epoch');
    expect(epochs.at(-1)!.loss).toBeLessThan(0.5 * epochs[0]!.loss);
    const [done] = ofType(events, 'train:done');
    expect((done!.result as { testAccuracy: number }).testAccuracy).toBeGreaterThan(0.9);
  });

  it('gives the same metrics for the same seed, and others for another', async () => {
    const [first, second, other] = [temporaryRun(), temporaryRun(), temporaryRun()];
    await runTrain(first);
    await runTrain(second);
    await runTrain(other, { config: { ...tinyTrainConfig(), seed: 2 } });
    expect(metricsOf(second)).toEqual(metricsOf(first));
    expect(metricsOf(other)).not.toEqual(metricsOf(first));
  });

  it.each([
    ['in the first epoch', 4],
    ['after the last step of an epoch', 7],
    ['at the end of the first epoch', 9],
    ['in the third epoch', 20],
    ['at its last checkpoint', 25],
  ])('stopped %s and resumed, equals the run never stopped', async (_, stopAfter) => {
    const [whole, stopped] = [temporaryRun(), temporaryRun()];
    await runTrain(whole);
    await runTrain(stopped, { stopAfter });
    const after = await runTrain(stopped, { resume: true });
    expect(after.slice(0, 2).map(({ type }) => type)).toEqual(['train:start', 'run:resume']);
    expect(metricsOf(stopped)).toEqual(metricsOf(whole));
    for (const file of ['result.json', 'model.json', 'model.safetensors']) {
      expect(readFileSync(join(stopped, file))).toEqual(readFileSync(join(whole, file)));
    }
  });

  it('goes on from the checkpoint before when the newest is damaged, and says so', async () => {
    const [whole, damaged] = [temporaryRun(), temporaryRun()];
    await runTrain(whole);
    await runTrain(damaged, { stopAfter: 20 });
    const checkpoints = readdirSync(join(damaged, 'checkpoints')).map(Number);
    const newest = String(Math.max(...checkpoints));
    writeFileSync(join(damaged, 'checkpoints', newest, 'parameters.safetensors'), 'half');
    const after = await runTrain(damaged, { resume: true });
    expect(ofType(after, 'warning')).toMatchObject([{ code: 'checkpoint-damaged' }]);
    expect(metricsOf(damaged)).toEqual(metricsOf(whole));
  });

  it('finished and resumed, tells its result again without looking at the test split', async () => {
    const path = temporaryRun();
    const first = await runTrain(path);
    const { test, ...rest } = syntheticDataset();
    const untouchable = {
      ...rest,
      get test(): typeof test {
        throw new Error('looked at');
      },
    };
    const again = await runTrain(path, { resume: true, dataset: untouchable });
    expect(ofType(again, 'train:done')[0]!.result).toEqual(ofType(first, 'train:done')[0]!.result);
  });

  it('without a held-out split trains on it too and keeps the last epoch', async () => {
    const path = temporaryRun();
    const events = await runTrain(path, { config: tinyTrainConfig({ holdOut: false }) });
    // (100 + 50) / 16
    expect(events[0]).toMatchObject({ stepsPerEpoch: 9 });
    expect(ofType(events, 'train:epoch')).toMatchObject(
      [1, 2, 3].map((epoch) => ({ epoch, kept: true, heldOut: false })),
    );
    expect(events.at(-1)).toMatchObject({ result: { epoch: 3, heldOut: false } });
    expect(json(path, 'result.json')).not.toHaveProperty('validAccuracy');
  });

  it('leaves the validation split out where only so many images are asked for', async () => {
    const config = tinyTrainConfig({ holdOut: false });
    const limited = { ...config, data: { ...config.data, trainLimit: 100 } };
    const [start] = await runTrain(temporaryRun(), { config: limited, stopAfter: 2 });
    expect(start).toMatchObject({ stepsPerEpoch: 6 });
  });

  it('refuses to go on with other images, and to train the run of a search', async () => {
    const path = temporaryRun();
    await runTrain(path, { stopAfter: 4 });
    await expect(
      runTrain(path, { resume: true, dataset: syntheticDataset({ fingerprint: 'others' }) }),
    ).rejects.toThrow(/the data set that the run was started on/);
    const search = temporaryRun();
    await expect(runTrain(search, { config: tinyConfig() })).rejects.toThrow(
      `${search}: expected a run that trains one architecture, got the run of a search; ` +
        `go on with that run by \`enas-torch search --resume ${search}\``,
    );
  });

  it('refuses an architecture that is none of the space before it makes a folder', async () => {
    const path = temporaryRun();
    const config = { ...tinyTrainConfig(), arch: { space: 'macro', layers: [] } };
    await expect(runTrain(path, { config })).rejects.toMatchObject({ code: 'ERR_ARCHITECTURE' });
    expect(existsSync(path)).toBe(false);
  });

  it('holds no more tensors at its end than at its beginning', async () => {
    const config = tinyTrainConfig({ clipNorm: 1 });
    const directory = RunDirectory.create(config, temporaryRun());
    const counts: number[] = [];
    const dataset = syntheticDataset();
    for await (const _ of train(config, { runDirectory: directory, dataset })) {
      counts.push(torch.memory().tensors);
    }
    directory.close();
    expect(Math.max(...counts)).toBe(counts[0]);
  });
});

describe('the model of a run', () => {
  it('is the network that was tested, usable without the data set', async () => {
    const path = temporaryRun();
    const config = tinyTrainConfig();
    const events = await runTrain(path, { config });
    const model = await loadModel(path, { device: 'cpu' });
    const { test, classes, mean, std } = syntheticDataset();
    expect(model).toMatchObject({
      kind: 'images',
      run: path,
      config,
      arch: config.arch,
      data: 'synthetic',
      task: { kind: 'images', channels: 3, height: 8, width: 8, classes: 4 },
      classes,
      mean,
      std,
    });
    const { execute } = await import('../../src/graph/execute.ts');
    const { standardise } = await import('../../src/data/augment.ts');
    const { graph, lookup } = model.network;
    const { logits } = execute(graph, standardise(test.images, { mean, std }), {
      lookup,
      training: false,
    });
    const accuracy = logits!.argmax(1).eq(test.labels).to({ dtype: 'float32' }).mean().item();
    const [done] = ofType(events, 'train:done');
    expect(done!.result).toMatchObject({ testAccuracy: expect.closeTo(accuracy, 6) });
  });

  it('can be loaded while the training goes on, from its first epoch', async () => {
    const path = temporaryRun();
    await runTrain(path, { stopAfter: 4 });
    await expect(loadModel(path)).rejects.toThrow(
      `${path}: expected a run with a trained network; ` +
        `let \`enas-torch train --resume ${path}\` reach the end of an epoch`,
    );
    await runTrain(path, { resume: true, stopAfter: 10 });
    expect((await loadModel(path)).config.train.epochs).toBe(3);
  });

  it('is refused where its two files are not of one network or are damaged', async () => {
    const [path, wider] = [temporaryRun(), temporaryRun()];
    await runTrain(path);
    await runTrain(wider, {
      config: {
        ...tinyTrainConfig(),
        space: {
          name: 'macro',
          options: { ...tinyTrainConfig().space.options, fixed: { filters: 8 } },
        },
      },
    });
    const file = join(path, 'model.safetensors');
    const whole = readFileSync(file);
    writeFileSync(file, readFileSync(join(wider, 'model.safetensors')));
    await expect(loadModel(path)).rejects.toThrow(
      /model\.safetensors: stem\/conv[^:]*: expected \[4,3,3,3\], got \[8,3,3,3\]; put back/,
    );
    writeFileSync(file, whole.subarray(0, whole.length - 10));
    await expect(loadModel(path)).rejects.toThrow(/expected a whole safetensors file/);
    writeFileSync(file, whole);
    writeFileSync(join(path, 'model.json'), '{"version": 1, "kind": "images"}');
    await expect(loadModel(path)).rejects.toThrow(/model\.json: config: expected/);
  });

  it('is not there in a folder that is no run, and in a search that nothing was trained of', async () => {
    await expect(loadModel('/nowhere/at/all')).rejects.toThrow(/no such folder/);
    const path = temporaryRun();
    RunDirectory.create(tinyConfig(), path).close();
    await expect(loadModel(path)).rejects.toThrow(
      `${path}: expected a run with a trained network; ` +
        `train its architecture with \`enas-torch train --arch ${path}\`, ` +
        `or search and train with \`enas-torch run --resume ${path}\``,
    );
  });

  it('of a run that searched and trained is the one in train/', async () => {
    const path = temporaryRun();
    RunDirectory.create(tinyConfig(), path).close();
    await runTrain(join(path, 'train'), {});
    expect((await loadModel(path)).run).toBe(join(path, 'train'));
  });
});
