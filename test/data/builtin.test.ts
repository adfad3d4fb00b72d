import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Batches } from '../../src/data/batches.ts';
import { classes, silhouettes, surfaces } from '../../src/data/builtin/classes.ts';
import { drawImage, SIDE, VALUES } from '../../src/data/builtin/image.ts';
import { builtin, builtinSizes, builtinSplit } from '../../src/data/builtin.ts';
import type { ImageDataset } from '../../src/data/dataset.ts';
import { Streams } from '../../src/random/streams.ts';
import * as torch from '../../src/torch/index.ts';

const inside = Object.fromEntries(silhouettes);

describe('a silhouette', () => {
  it.each([
    ['disc', Math.PI * 0.85 ** 2],
    ['square', 1.5 ** 2],
    // An equilateral triangle round a circle of radius r has the area 3√3·r².
    ['triangle', 3 * Math.sqrt(3) * 0.5 ** 2],
    ['cross', 2 * (0.72 * 2) - 0.72 ** 2],
    ['ring', Math.PI * (0.95 ** 2 - 0.45 ** 2)],
  ])('%s covers the area that geometry gives', (name, area) => {
    const step = 1 / 256;
    let covered = 0;
    for (let u = -1.2; u < 1.2; u += step) {
      for (let v = -1.2; v < 1.2; v += step) if (inside[name]!(u, v) > 0) covered += step * step;
    }
    expect(covered).toBeCloseTo(area, 1);
  });

  it('ends within 1.1 radii of its centre, which is as far as a figure is painted', () => {
    const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    const far = fc.double({ min: 1.1, max: 3, noNaN: true });
    fc.assert(
      fc.property(angle, far, (a, r) =>
        silhouettes.every(([, f]) => f(r * Math.cos(a), r * Math.sin(a)) <= 0),
      ),
    );
  });
});

describe('the classes', () => {
  it('are every silhouette with every surface', () => {
    expect(new Set(classes).size).toBe(silhouettes.length * surfaces.length);
    expect(classes).toHaveLength(10);
    expect(classes[0]).toBe('striped disc');
    expect(classes[9]).toBe('chequered ring');
  });
});

describe('a split', () => {
  it('is a function of the seed, and every image of its index alone', async () => {
    const [few, more] = [await builtinSplit(3, 'train', 20), await builtinSplit(3, 'train', 50)];
    expect(more.pixels.subarray(0, few.pixels.length)).toEqual(few.pixels);
    const alone = new Uint8Array(VALUES);
    drawImage(new Streams(3).draw('data/builtin/train', 47), 7, alone, 0);
    expect(more.pixels.subarray(47 * VALUES, 48 * VALUES)).toEqual(alone);
  });

  it('differs from that of another seed and from the other splits', async () => {
    const sets = await Promise.all([
      builtinSplit(0, 'train', 10),
      builtinSplit(1, 'train', 10),
      builtinSplit(0, 'valid', 10),
      builtinSplit(0, 'test', 10),
    ]);
    expect(new Set(sets.map(({ pixels }) => Buffer.from(pixels).toString('base64'))).size).toBe(4);
  });

  it('holds no two equal images and none that is nearly one colour', async () => {
    const { pixels } = await builtinSplit(0, 'test', 300);
    const images = Array.from({ length: 300 }, (_, i) =>
      pixels.subarray(i * VALUES, (i + 1) * VALUES),
    );
    expect(new Set(images.map((image) => Buffer.from(image).toString('base64'))).size).toBe(300);
    for (const image of images) {
      const mean = image.reduce((sum, x) => sum + x, 0) / VALUES;
      const variance = image.reduce((sum, x) => sum + (x - mean) ** 2, 0) / VALUES;
      expect(Math.sqrt(variance)).toBeGreaterThan(10);
    }
  });

  it('leaves the event loop free while it is drawn', async () => {
    let done = false;
    const drawn = builtinSplit(0, 'train', 1000).finally(() => {
      done = true;
    });
    let turns = 0;
    for (; !done; turns++) await setImmediate();
    await drawn;
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});

describe('the built-in set', () => {
  let dataset: ImageDataset;
  beforeAll(async () => {
    dataset = await builtin();
  });

  it('has 8,000, 1,000 and 2,000 images of 3×32×32 bytes', () => {
    expect(builtinSizes).toEqual({ train: 8000, valid: 1000, test: 2000 });
    for (const split of ['train', 'valid', 'test'] as const) {
      const n = builtinSizes[split];
      expect(dataset[split].images.shape).toEqual([n, 3, SIDE, SIDE]);
      expect(dataset[split].images.dtype).toBe('uint8');
      expect(dataset[split].labels.shape).toEqual([n]);
      expect(dataset[split].labels.dtype).toBe('int64');
    }
  });

  it('has every class equally often in every split', () => {
    for (const split of [dataset.train, dataset.valid, dataset.test]) {
      const counts = torch.scope(() => torch.oneHot(split.labels, 10).sum(0).tolist());
      expect(counts).toEqual(new Array(10).fill(split.labels.numel() / 10));
    }
  });

  it('is too hard for a linear classifier: under 50 % of the test images, though above chance', () => {
    const accuracy = torch.scope(() => linearTestAccuracy(dataset, 4));
    expect(accuracy).toBeLessThan(0.5);
    expect(accuracy).toBeGreaterThan(0.12);
  });
});

/** Test accuracy of a linear classifier on standardised pixels, after some epochs of SGD. */
function linearTestAccuracy(dataset: ImageDataset, epochs: number): number {
  const F = torch.functional;
  const batches = new Batches(dataset, new Streams(1));
  const inputs = dataset.channels * dataset.height * dataset.width;
  const weight = torch.zeros([dataset.classes.length, inputs], { requiresGrad: true });
  const bias = torch.zeros([dataset.classes.length], { requiresGrad: true });
  const optimizer = new torch.SGD([weight, bias], { lr: 0.002, momentum: 0.9 });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const pass = batches.train(epoch, 128);
    for (let i = 0; i < pass.count; i++) {
      torch.scope(() => {
        const { images, labels } = pass.at(i);
        optimizer.zeroGrad();
        F.crossEntropy(F.linear(images.flatten(1), weight, bias), labels).backward();
        optimizer.step();
      });
    }
  }
  const { images, labels } = batches.all('test', builtinSizes.test).at(0);
  return torch.noGrad(() =>
    F.linear(images.flatten(1), weight, bias)
      .argmax(1)
      .eq(labels)
      .to({ dtype: 'float32' })
      .mean()
      .item(),
  );
}
