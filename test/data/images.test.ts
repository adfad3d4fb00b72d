import {
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { imageFolders } from '../../src/data/images.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { plain, pngThatSays, put, type Rgb, reds, refusal, smallFolder } from './imageFixtures.ts';

let cache: string;

beforeEach(() => {
  cache = temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', cache);
});
afterEach(() => void vi.unstubAllEnvs());

const cacheFiles = () => readdirSync(join(cache, 'enas-torch/images'));

describe('image folders', () => {
  it('become a data set, a tenth of train/ kept for validation', async () => {
    const folder = await smallFolder();
    const dataset = await imageFolders(folder);
    const { classes, channels, height, width, train, valid, test } = dataset;
    expect({ classes, channels, height, width }).toEqual({
      classes: ['cat', 'dog'],
      channels: 3,
      height: 6,
      width: 8,
    });
    expect(train.images.shape).toEqual([18, 3, 6, 8]);
    expect(train.images.dtype).toBe('uint8');
    expect(valid.images.shape).toEqual([2, 3, 6, 8]);
    const all = [...reds(train), ...reds(valid)].sort((a, b) => Number(a[0]) - Number(b[0]));
    expect(all).toEqual(
      [0, 1].flatMap((c) => Array.from({ length: 10 }, (_, i) => [100 * c + i, c])),
    );
    expect(reds(test)).toEqual([
      [50, 0],
      [51, 0],
      [150, 1],
      [151, 1],
    ]);
    const mean = reds(train).reduce((sum, [red]) => sum + Number(red), 0) / 18 / 255;
    expect(dataset.mean[0]).toBeCloseTo(mean, 12);
  });

  it('are split the same way wherever they lie', async () => {
    const folder = await smallFolder({ perClass: 40 });
    const first = await imageFolders(folder);
    const copy = join(temporaryFolder(), 'copy');
    cpSync(folder, copy, { recursive: true });
    const second = await imageFolders(copy);
    expect(reds(second.valid)).toEqual(reds(first.valid));
    expect(second.valid.labels.numel()).toBe(8);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(second.name).toBe('copy');
  });

  it('keep to valid/ where there is one', async () => {
    const { train, valid } = await imageFolders(await smallFolder({ valid: true }));
    expect(train.labels.numel()).toBe(20);
    expect(reds(valid)).toEqual([
      [70, 0],
      [71, 0],
      [170, 1],
      [171, 1],
    ]);
  });

  it('may have any number of classes, and images linked from elsewhere', async () => {
    const folder = temporaryFolder();
    const names = Array.from({ length: 120 }, (_, i) => `c${String(i).padStart(3, '0')}`);
    const source = join(temporaryFolder(), 'source.png');
    await plain([1, 2, 3], 4, 4).toFile(source);
    for (const name of names) {
      for (const split of ['train', 'test']) {
        mkdirSync(join(folder, split, name), { recursive: true });
        symlinkSync(source, join(folder, split, name, 'a.png'));
      }
    }
    const { classes, train, valid } = await imageFolders(folder);
    expect(classes).toEqual(names);
    expect(train.labels.numel() + valid.labels.numel()).toBe(120);
  });

  it('pass hidden files over, and files beside the class folders', async () => {
    const folder = await smallFolder();
    const { fingerprint } = await imageFolders(folder);
    for (const path of ['.DS_Store', 'train/.hidden', 'train/cat/._0.png', 'train/labels.csv']) {
      writeFileSync(join(folder, path), 'no image');
    }
    mkdirSync(join(folder, 'train/.git'));
    expect((await imageFolders(folder)).fingerprint).toBe(fingerprint);
  });
});

describe('the size of the images', () => {
  const sizeOf = async (sizes: readonly (readonly [number, number])[]) => {
    const folder = await smallFolder({ perClass: 1 });
    rmSync(join(folder, 'train'), { recursive: true });
    for (const [i, [width, height]] of sizes.entries()) {
      for (const name of ['cat', 'dog']) {
        await put(folder, `train/${name}/${i}.png`, plain([9, 9, 9], width, height));
      }
    }
    const { width, height, train, test } = await imageFolders(folder);
    expect(train.images.shape.slice(1)).toEqual([3, height, width]);
    expect(test.images.shape.slice(1)).toEqual([3, height, width]);
    return [width, height];
  };

  it('is the most common one', async () => {
    expect(
      await sizeOf([
        [5, 9],
        [12, 7],
        [12, 7],
        [7, 12],
      ]),
    ).toEqual([12, 7]);
  });

  it('has at most 64 pixels on the longer side', async () => {
    expect(await sizeOf([[200, 100]])).toEqual([64, 32]);
    expect(await sizeOf([[3, 640]])).toEqual([1, 64]);
    expect(await sizeOf([[64, 64]])).toEqual([64, 64]);
  });

  it('is as the image is shown, turned by its EXIF orientation', async () => {
    const folder = await smallFolder({ perClass: 1 });
    // Left half red; turned a quarter clockwise, the upper half.
    const raw = Buffer.from(
      Array.from({ length: 6 * 8 }, (_, i) => (i % 8 < 4 ? [255, 0, 0] : [0, 0, 255])).flat(),
    );
    const turned = sharp(raw, { raw: { width: 8, height: 6, channels: 3 } });
    for (const name of ['cat', 'dog']) {
      for (const split of ['train', 'test']) {
        rmSync(join(folder, split, name), { recursive: true });
        await put(
          folder,
          `${split}/${name}/a.png`,
          turned.clone().withMetadata({ orientation: 6 }),
        );
      }
    }
    const { width, height, test } = await imageFolders(folder);
    expect([width, height]).toEqual([6, 8]);
    expect(test.images.select(0, 0).select(0, 0).select(1, 0).tolist()).toEqual([
      255, 255, 255, 255, 0, 0, 0, 0,
    ]);
  });
});

describe('the pixels', () => {
  it('are those of the file, in planes', async () => {
    const folder = await smallFolder();
    const noise = Buffer.from(Array.from({ length: 8 * 6 * 3 }, (_, i) => (i * 37) % 256));
    const image = sharp(noise, { raw: { width: 8, height: 6, channels: 3 } });
    await put(folder, 'test/cat/0.png', image);
    const { test } = await imageFolders(folder);
    const actual = test.images.select(0, 0).permute([1, 2, 0]).flatten().tolist();
    expect(actual).toEqual([...noise]);
  });

  it.each<[string, (image: Sharp) => Sharp, Rgb]>([
    ['JPEG', (image) => image.jpeg({ quality: 100 }), [200, 100, 50]],
    ['a palette', (image) => image.png({ palette: true }), [200, 100, 50]],
    ['16 bits', (image) => image.toColourspace('rgb16').png(), [200, 100, 50]],
    ['WebP', (image) => image.webp({ lossless: true }), [200, 100, 50]],
    ['GIF', (image) => image.gif(), [200, 100, 50]],
    // Half transparent on white.
    ['alpha', (image) => image.ensureAlpha(0.5).png(), [227, 177, 152]],
    // ITU-R BT.709 luminance, as libvips has it.
    ['grey', (image) => image.toColourspace('b-w').png(), [128, 128, 128]],
    [
      'grey with alpha',
      (image) => image.toColourspace('b-w').ensureAlpha(0).png(),
      [255, 255, 255],
    ],
  ])('of an image in %s are RGB', async (_, convert, expected) => {
    const folder = await smallFolder();
    const bytes = await convert(plain([200, 100, 50])).toBuffer();
    writeFileSync(join(folder, 'test/cat/0.png'), bytes);
    const { test } = await imageFolders(folder);
    const actual = test.images.select(0, 0).select(1, 3).select(1, 3).tolist() as number[];
    for (const [c, value] of actual.entries()) {
      expect(Math.abs(value - expected[c]!)).toBeLessThanOrEqual(2);
    }
  });
});

describe('folders and files that cannot be used', () => {
  it.each<[string, (folder: string) => unknown, RegExp]>([
    [
      'no train/',
      (folder) => rmSync(join(folder, 'train'), { recursive: true }),
      /there is no train\//,
    ],
    [
      'no test/',
      (folder) => rmSync(join(folder, 'test'), { recursive: true }),
      /there is no test\//,
    ],
    [
      'no classes',
      (folder) => {
        for (const name of ['cat', 'dog']) rmSync(join(folder, 'train', name), { recursive: true });
        writeFileSync(join(folder, 'train/1.png'), 'x');
      },
      /train: .*there is no class folder in it/,
    ],
    [
      'a class only in test/',
      (folder) => mkdirSync(join(folder, 'test/cow')),
      /same class folders in train\/ and test\/, but test\/ has cow, which train\/ lacks/,
    ],
    [
      'a class only in train/ and one only in test/',
      (folder) => renameSync(join(folder, 'test/cat'), join(folder, 'test/Cat')),
      /test\/ lacks cat and test\/ has Cat, which train\/ lacks/,
    ],
    [
      'another class in valid/',
      (folder) => mkdirSync(join(folder, 'valid/bird'), { recursive: true }),
      /valid\/ lacks cat, dog and valid\/ has bird/,
    ],
    [
      'an empty class',
      (folder) => {
        rmSync(join(folder, 'train/dog'), { recursive: true });
        mkdirSync(join(folder, 'train/dog'));
        writeFileSync(join(folder, 'train/dog/.keep'), '');
      },
      /train\/dog: .*the class folder is empty/,
    ],
    [
      'a folder in a class',
      (folder) => mkdirSync(join(folder, 'train/dog/more')),
      /train\/dog\/more: .*image files only/,
    ],
    [
      'a link to nothing',
      (folder) => symlinkSync('nowhere', join(folder, 'train/dog/link.png')),
      /train\/dog\/link\.png: expected a file or folder, the link leads nowhere/,
    ],
    [
      'a class that links to nothing',
      (folder) => symlinkSync('nowhere', join(folder, 'test/cow')),
      /test\/cow: expected a file or folder, the link leads nowhere/,
    ],
    [
      'a file that is no image',
      (folder) => writeFileSync(join(folder, 'test/dog/notes.txt'), 'a dog'),
      /test\/dog\/notes\.txt: expected an image that can be decoded/,
    ],
    [
      'an empty file',
      (folder) => writeFileSync(join(folder, 'test/dog/0.png'), ''),
      /test\/dog\/0\.png/,
    ],
    [
      'a cut image',
      async (folder) => {
        const noise = Buffer.from(
          Array.from({ length: 48 * 48 * 3 }, (_, i) => (i * i * 31) % 251),
        );
        const image = sharp(noise, { raw: { width: 48, height: 48, channels: 3 } });
        await put(folder, 'test/dog/0.jpg', image.jpeg());
        truncateSync(join(folder, 'test/dog/0.jpg'), 800);
      },
      /test\/dog\/0\.jpg: expected an image that can be decoded/,
    ],
    [
      'an image bomb',
      async (folder) => {
        const bomb = plain([0, 0, 0], 8193, 8193).png({ compressionLevel: 9 });
        await put(folder, 'test/dog/bomb.png', bomb);
      },
      /test\/dog\/bomb\.png: .*at most 64 megapixels; Input image exceeds pixel limit/,
    ],
    [
      'a file of a few bytes that says it is 50,000 pixels wide and high',
      (folder) => writeFileSync(join(folder, 'test/dog/bomb.png'), pngThatSays(50_000, 50_000)),
      /test\/dog\/bomb\.png: .*at most 64 megapixels; Input image exceeds pixel limit/,
    ],
    [
      'such a file among the training images, whose sizes are looked at',
      (folder) => writeFileSync(join(folder, 'train/dog/0.png'), pngThatSays(50_000, 50_000)),
      /train\/dog\/0\.png: .*at most 64 megapixels; Input image exceeds pixel limit/,
    ],
    [
      'a drawing that says so',
      (folder) =>
        writeFileSync(
          join(folder, 'test/dog/bomb.svg'),
          '<svg xmlns="http://www.w3.org/2000/svg" width="50000" height="50000"/>',
        ),
      /test\/dog\/bomb\.svg: .*at most 64 megapixels/,
    ],
  ])('%s', async (_, spoil, message) => {
    const folder = await smallFolder();
    await spoil(folder);
    await expect(imageFolders(folder)).rejects.toMatchObject(refusal(message));
    const made = readdirSync(cache).length === 0 ? [] : cacheFiles();
    expect(made).toEqual([]);
  });

  it('no folder at all', async () => {
    await expect(imageFolders(join(temporaryFolder(), 'none'))).rejects.toMatchObject(
      refusal(/none: .*there is no such folder/),
    );
  });

  it('one training image, with none for validation', async () => {
    const folder = temporaryFolder();
    await put(folder, 'train/cat/0.png', plain([1, 1, 1]));
    await put(folder, 'test/cat/0.png', plain([1, 1, 1]));
    await expect(imageFolders(folder)).rejects.toMatchObject(
      refusal(/train: .*there is one image/),
    );
  });

  it('an abort ends the decoding with its reason, and nothing is kept', async () => {
    const folder = await smallFolder({ perClass: 80 });
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => controller.abort(reason);
    const { signal } = controller;
    await expect(imageFolders(folder, { onProgress, signal })).rejects.toBe(reason);
    expect(cacheFiles()).toEqual([]);
  });
});
