import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadImages } from '../../src/data/load.ts';
import { temporaryFolder } from '../run/temporary.ts';

beforeEach(() => void vi.stubEnv('XDG_CACHE_HOME', temporaryFolder()));
afterEach(() => void vi.unstubAllEnvs());

/** 60 training images, of which 6 become validation; red and label count them. */
async function folderOfImages(): Promise<string> {
  const folder = temporaryFolder();
  for (const [split, perClass] of [
    ['train', 15],
    ['test', 1],
  ] as const) {
    for (const c of [0, 1, 2, 3]) {
      mkdirSync(join(folder, split, `c${c}`), { recursive: true });
      for (let i = 0; i < perClass; i++) {
        const background = { r: 4 * i + c, g: 0, b: 0 };
        const image = sharp({ create: { width: 2, height: 2, channels: 3, background } });
        await image.png().toFile(join(folder, split, `c${c}`, `${i}.png`));
      }
    }
  }
  return folder;
}

describe('a data set by its name', () => {
  it.each([
    [
      'bulitin',
      /^data: expected one of builtin, cifar10, images, got "bulitin"; did you mean builtin\?/,
    ],
    ['cifar:data', /got "cifar"; did you mean cifar10\?/],
    ['image:photos', /did you mean images\?/],
    ['/data/cifar10', /^data: expected one of builtin, cifar10, images/],
    ['', /^data: expected one of/],
    ['cifar10', /^data: expected cifar10:<folder>, got "cifar10"/],
    ['cifar10:', /^data: expected cifar10:<folder>/],
    ['images', /^data: expected images:<folder>/],
    ['builtin:small', /^data: expected builtin alone, got "builtin:small"/],
  ])('%j is an error that says what was meant', async (spec, message) => {
    await expect(loadImages(spec)).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  it('may be in a folder with colons, or below the home folder', async () => {
    const missing = (folder: string) => ({
      code: 'ERR_DATA',
      message: expect.stringContaining(`${folder}: `),
    });
    await expect(loadImages('images:a:b')).rejects.toMatchObject(missing('a:b'));
    await expect(loadImages('cifar10:~/no/such')).rejects.toMatchObject(
      missing(join(homedir(), 'no/such')),
    );
  });

  it('is the built-in one', async () => {
    const { classes, train, height, width } = await loadImages('builtin', { trainLimit: 100 });
    expect(classes).toHaveLength(10);
    expect([height, width]).toEqual([32, 32]);
    expect(train.labels.numel()).toBe(100);
  });
});

describe('a limit on the training images', () => {
  it('keeps the first of a shuffle by the seed, with their labels', async () => {
    const spec = `images:${await folderOfImages()}`;
    const load = async (trainLimit: number | null, seed: number) => {
      const dataset = await loadImages(spec, { device: 'cpu', trainLimit, seed });
      const reds = dataset.train.images.select(1, 0).select(1, 0).select(1, 0).tolist() as number[];
      expect(dataset.train.labels.tolist()).toEqual(reds.map((red) => red % 4));
      return { dataset, reds };
    };
    const all = await load(null, 1);
    expect(all.reds).toHaveLength(54);
    const ten = await load(10, 1);
    expect(ten.reds).toHaveLength(10);
    expect(new Set(ten.reds).size).toBe(10);
    expect((await load(10, 1)).reds).toEqual(ten.reds);
    expect((await load(20, 1)).reds.slice(0, 10)).toEqual(ten.reds);
    expect((await load(10, 2)).reds).not.toEqual(ten.reds);
    const { mean, std, fingerprint, valid } = all.dataset;
    expect(ten.dataset).toMatchObject({ mean, std, fingerprint });
    expect(ten.dataset.valid.images.tolist()).toEqual(valid.images.tolist());
  });

  it('of as many as there are, or more, keeps all in order', async () => {
    const spec = `images:${await folderOfImages()}`;
    const all = await loadImages(spec);
    for (const trainLimit of [54, 1000]) {
      const limited = await loadImages(spec, { trainLimit });
      expect(limited.train.labels.tolist()).toEqual(all.train.labels.tolist());
    }
  });

  it.each([0, -1, 1.5, Number.NaN])('of %d is refused', async (trainLimit) => {
    await expect(loadImages('builtin', { trainLimit })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(/^trainLimit: expected an integer of at least 1/),
    });
  });
});

it('tells of images being decoded, and of nothing when they are in the cache', async () => {
  const spec = `images:${await folderOfImages()}`;
  const told: (readonly [number, number])[] = [];
  const onProgress = (done: number, total: number) => told.push([done, total]);
  await loadImages(spec, { onProgress });
  expect(told.at(-1)).toEqual([64, 64]);
  told.length = 0;
  await loadImages(spec, { onProgress });
  expect(told).toEqual([]);
});
