import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { augment, standardise } from '../../src/data/augment.ts';
import { Streams } from '../../src/random/streams.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { collected } from '../collected.ts';

const streams = new Streams(7);

type Shape = readonly [n: number, channels: number, height: number, width: number];

/** Distinct values, none of them 0, so that every pixel tells where it came from. */
function countingImages([n, channels, height, width]: Shape): Tensor {
  const values = torch.arange(1, n * channels * height * width + 1);
  return values.reshape([n, channels, height, width]).to({ dtype: 'float32' });
}

/** The draws of a step, one for each image. */
function drawn(what: string, step: number, n: number, high: number): number[] {
  const seed = streams.key(`augment/${what}`, step);
  return [...torch.randint(0, high, [n, 1], { seed }).toTypedArray()].map(Number);
}

/** What the paper describes, one pixel at a time: pad by 4, crop, flip, cut a square out. */
function reference(images: Float32Array, shape: Shape, step: number, cutout: number): Float32Array {
  const [n, channels, height, width] = shape;
  const top = drawn('crop/top', step, n, 9);
  const left = drawn('crop/left', step, n, 9);
  const flip = drawn('flip', step, n, 2);
  const centreY = drawn('cutout/y', step, n, height);
  const centreX = drawn('cutout/x', step, n, width);
  const out = new Float32Array(images.length);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at++) {
          const inSquare = (offset: number) =>
            offset >= -Math.floor(cutout / 2) && offset < cutout - Math.floor(cutout / 2);
          const cut = inSquare(y - centreY[i]!) && inSquare(x - centreX[i]!);
          if (cut) continue;
          const fromY = y + top[i]! - 4;
          const fromX = (flip[i] === 1 ? width - 1 - x : x) + left[i]! - 4;
          if (fromY < 0 || fromY >= height || fromX < 0 || fromX >= width) continue;
          out[at] = images[((i * channels + c) * height + fromY) * width + fromX]!;
        }
      }
    }
  }
  return out;
}

/** How many values differ; comparing whole arrays with `toEqual` takes seconds. */
function differing(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((count, value, i) => count + (value === b[i] ? 0 : 1), 0);
}

describe('augment', () => {
  test.each<[Shape, number]>([
    [[64, 3, 32, 32], 0],
    [[64, 3, 32, 32], 16],
    [[8, 1, 7, 5], 0],
    [[8, 1, 7, 5], 3],
    [[4, 3, 48, 64], 20],
    [[1, 2, 1, 1], 0],
  ])('of %j with cutout %i is the crop, flip and square of every image', (shape, cutout) => {
    const images = countingImages(shape);
    const before = images.toTypedArray() as Float32Array;
    for (const step of [0, 1, 1000]) {
      const augmented = augment(images, { streams, step, cutout });
      expect(augmented.shape).toEqual(shape);
      const expected = reference(before, shape, step, cutout);
      expect(differing(augmented.toTypedArray() as Float32Array, expected)).toBe(0);
    }
    expect(differing(images.toTypedArray() as Float32Array, before)).toBe(0);
  });

  it('is the same for images that lie channels-last, and gives channels-last', () => {
    const images = countingImages([16, 3, 12, 10]);
    const other = images.contiguous({ memoryFormat: 'channelsLast' });
    for (const cutout of [0, 4]) {
      const expected = augment(images, { streams, step: 3, cutout });
      const actual = augment(other, { streams, step: 3, cutout });
      expect(actual.toTypedArray()).toEqual(expected.toTypedArray());
      for (const tensor of [expected, actual]) {
        expect(tensor.isContiguous('channelsLast')).toBe(true);
        expect(tensor.dtype).toBe('float32');
      }
    }
  });

  it('is a function of streams and step', () => {
    const images = countingImages([32, 3, 8, 8]);
    const at = (step: number, seed = 7) =>
      augment(images, { streams: new Streams(seed), step, cutout: 2 }).toTypedArray();
    expect(at(5)).toEqual(at(5));
    expect(at(5)).not.toEqual(at(6));
    expect(at(5)).not.toEqual(at(5, 8));
  });

  it('uses every one of the 81 crops and both sides about equally often', () => {
    const n = 8100;
    // The images' own coordinates, read at a place that every crop contains.
    const images = countingImages([1, 1, 10, 10]).expand([n, 1, 10, 10]);
    const seen = new Map<string, number>();
    const values = augment(images, { streams, step: 0 }).toTypedArray() as Float32Array;
    for (let i = 0; i < n; i++) {
      const [first, second] = [values[i * 100 + 55]!, values[i * 100 + 54]!];
      const key = `${first}/${Math.sign(first - second)}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect(seen.size).toBe(2 * 81);
    // 50 expected of each; 6 standard deviations are 42.
    for (const count of seen.values()) expect(Math.abs(count - 50)).toBeLessThan(42);
  });

  it('leaves no tensors behind', () => {
    const images = countingImages([2, 3, 8, 8]);
    const before = collected().tensors;
    const augmented = augment(images, { streams, step: 0, cutout: 4 });
    expect(torch.memory().tensors).toBe(before + 1);
    augmented.dispose();
  });
});

describe('standardise', () => {
  it('is (x/255 − mean)/std of each channel, channels-last', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
        fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
        fc.infiniteStream(fc.double({ min: 0.05, max: 1, noNaN: true })),
        fc.nat(),
        ([n, channels], [height, width], parameters, seed) => {
          const shape = [n, channels, height, width];
          const images = torch.randint(0, 256, shape, { seed }).to({ dtype: 'uint8' });
          const take = () => Array.from({ length: channels }, () => parameters.next().value!);
          const [mean, std] = [take(), take()];
          const actual = standardise(images, { mean, std });
          expect(actual.shape).toEqual(shape);
          expect(actual.dtype).toBe('float32');
          expect(actual.isContiguous('channelsLast')).toBe(true);
          const pixels = images.toTypedArray() as Uint8Array;
          actual.toTypedArray().forEach((value, i) => {
            const c = Math.floor(i / (height * width)) % channels;
            const expected = (pixels[i]! / 255 - mean[c]!) / std[c]!;
            expect(Math.abs(Number(value) - expected)).toBeLessThan(1e-5 * (1 + 1 / std[c]!));
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('leaves the images as they are', () => {
    const images = torch.full([1, 1, 2, 2], 255).to({ dtype: 'uint8' });
    expect(standardise(images, { mean: [0.5], std: [0.25] }).tolist()).toEqual([
      [
        [
          [2, 2],
          [2, 2],
        ],
      ],
    ]);
    expect(images.tolist()).toEqual([
      [
        [
          [255, 255],
          [255, 255],
        ],
      ],
    ]);
  });
});
