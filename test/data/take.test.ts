import { describe, expect, it, test } from 'vitest';
import { applyAugmentation, drawAugmentation, standardise } from '../../src/data/augment.ts';
import { take } from '../../src/data/take.ts';
import { Streams } from '../../src/random/streams.ts';
import * as torch from '../../src/torch/index.ts';

type Shape = [n: number, channels: number, height: number, width: number];

const streams = new Streams(3);
const pixels = (shape: Shape) => torch.randint(0, 256, shape, { seed: 1 }).to({ dtype: 'uint8' });
const statistics = (channels: number) => ({
  mean: [0.49, 0.48, 0.44].slice(0, channels),
  std: [0.2, 0.3, 0.26].slice(0, channels),
});
const pick = (...indices: number[]) => torch.tensor(indices, { dtype: 'int64' });
const differing = (a: torch.Tensor, b: torch.Tensor) =>
  a.ne(b).to({ dtype: 'float32' }).sum().item();

describe('taking images', () => {
  test.each<[Shape, number]>([
    [[9, 3, 32, 32], 0],
    [[9, 3, 32, 32], 16],
    [[5, 1, 7, 5], 3],
    [[5, 1, 7, 5], 50],
    [[4, 2, 1, 1], 0],
  ])('of %j with cutout %i is the tensor operations’ result, bit for bit', (shape, cutout) => {
    const images = pixels(shape);
    const [, channels, height, width] = shape;
    const index = pick(3, 0, 3, 1, 2);
    for (const step of [0, 1, 2, 50]) {
      const drawn = drawAugmentation([5, channels, height, width], 'cpu', {
        streams,
        step,
        cutout,
      });
      const taken = take(images, index, statistics(channels), drawn);
      const standard = standardise(images.indexSelect(0, index), statistics(channels));
      expect(taken.shape).toEqual([5, channels, height, width]);
      expect(taken.isContiguous('channelsLast')).toBe(true);
      expect(differing(taken, applyAugmentation(standard, drawn))).toBe(0);
    }
  });

  it('without augmentation standardises them', () => {
    const images = pixels([6, 3, 8, 9]);
    const taken = take(images, pick(5, 0), statistics(3));
    const standard = standardise(images.indexSelect(0, pick(5, 0)), statistics(3));
    expect(differing(taken, standard)).toBe(0);
    expect(taken.abs().max().item()).toBeGreaterThan(1);
  });

  it('reads images in any memory order, and an index that steps', () => {
    const images = pixels([6, 3, 8, 9]);
    const turned = images.contiguous({ memoryFormat: 'channelsLast' });
    const index = torch.arange(0, 6).slice(0, 0, 6, 2);
    const expected = take(images, pick(0, 2, 4), statistics(3));
    expect(differing(take(turned, index, statistics(3)), expected)).toBe(0);
  });

  it('takes none', () => {
    const none = torch.zeros([0], { dtype: 'int64' });
    expect(take(pixels([2, 3, 4, 4]), none, statistics(3)).shape).toEqual([0, 3, 4, 4]);
  });

  it('refuses an index beyond the images, other dtypes, and statistics of other channels', () => {
    const images = pixels([2, 3, 4, 4]);
    expect(() => take(images, pick(2), statistics(3))).toThrow(/index 2 .* 2 images/);
    expect(() => take(images, pick(-1), statistics(3))).toThrow(/index -1/);
    expect(() => take(images, torch.zeros([1]), statistics(3))).toThrow(/int64 index/);
    const floats = images.to({ dtype: 'float32' });
    expect(() => take(floats, pick(0), statistics(3))).toThrow(/uint8 images/);
    expect(() => take(images, pick(0), statistics(1))).toThrow(/each of 3 channels/);
    const places = torch.zeros([2, 5], { dtype: 'int64' });
    const options = { scale: [1, 1, 1], shift: [0, 0, 0], places };
    expect(() => torch.imageBatch(images, pick(0), options)).toThrow(/places \[1, 5\]/);
  });
});
