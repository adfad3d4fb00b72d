import { describe, expect, it } from 'vitest';
import { Batches, type ImageBatch } from '../../src/data/batches.ts';
import type { ImageDataset } from '../../src/data/dataset.ts';
import { Streams } from '../../src/random/streams.ts';
import * as torch from '../../src/torch/index.ts';

/** Image i is all of the value i and has the label i; standardising gives the value itself. */
function numbered(sizes: { train: number; valid: number; test: number }): ImageDataset {
  const split = (n: number) => {
    const labels = torch.arange(n);
    const images = labels.to({ dtype: 'uint8' }).reshape([n, 1, 1, 1]).expand([n, 1, 8, 8]);
    return { images: images.contiguous(), labels };
  };
  return {
    name: 'numbers',
    classes: Array.from({ length: 256 }, (_, i) => String(i)),
    channels: 1,
    height: 8,
    width: 8,
    train: split(sizes.train),
    valid: split(sizes.valid),
    test: split(sizes.test),
    mean: [0],
    std: [1 / 255],
    fingerprint: 'numbers',
  };
}

const batchesOf = ({ train = 50, valid = 20, test = 10 } = {}, seed = 1) =>
  new Batches(numbered({ train, valid, test }), new Streams(seed));

const labelsOf = ({ labels }: ImageBatch) => [...labels.toTypedArray()].map(Number);

/** The number each image was made of: padding is 0, and no crop loses all of an image. */
const numbersOf = ({ images }: ImageBatch) =>
  [...images.max([1, 2, 3]).toTypedArray()].map((value) => Math.round(Number(value)));

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

function labelsOfEpoch(batches: Batches, epoch: number, batch: number): number[] {
  const pass = batches.train(epoch, batch);
  return upTo(pass.count).flatMap((i) => labelsOf(pass.at(i)));
}

describe('training minibatches', () => {
  it('hold every image once an epoch, each with its label', () => {
    const pass = batchesOf().train(1, 10);
    expect(pass.count).toBe(5);
    const all = upTo(5).map((i) => pass.at(i));
    for (const batch of all) {
      expect(batch.images.shape).toEqual([10, 1, 8, 8]);
      expect(numbersOf(batch)).toEqual(labelsOf(batch));
    }
    const order = all.flatMap(labelsOf);
    expect(sorted(order)).toEqual(upTo(50));
    expect(order).not.toEqual(upTo(50));
  });

  it('come in another order every epoch and with every seed', () => {
    const orders = [1, 2, 3].map((epoch) => labelsOfEpoch(batchesOf(), epoch, 10));
    orders.push(labelsOfEpoch(batchesOf({}, 2), 1, 10));
    expect(new Set(orders.map(String)).size).toBe(4);
  });

  it('can be made alone: the one asked for is the same whatever was made before', () => {
    const whole = upTo(5).map((i) => batchesOf().train(3, 10, { cutout: 4 }).at(i));
    const resumed = batchesOf().train(3, 10, { cutout: 4 }).at(3);
    expect(resumed.images.tolist()).toEqual(whole[3]!.images.tolist());
    expect(labelsOf(resumed)).toEqual(labelsOf(whole[3]!));
  });

  it('are augmented anew at every step, and cut out only where asked', () => {
    const same = numbered({ train: 20, valid: 1, test: 1 });
    const white = {
      ...same,
      train: { ...same.train, images: torch.full([20, 1, 8, 8], 255, { dtype: 'uint8' }) },
    };
    const batches = new Batches(white, new Streams(1));
    const at = (epoch: number, index: number, cutout = 0) =>
      batches.train(epoch, 10, { cutout }).at(index).images;
    const seen = [at(1, 0), at(1, 1), at(2, 0), at(2, 1)].map((images) => String(images.tolist()));
    expect(new Set(seen).size).toBe(4);
    const [plain, cut] = [at(1, 0), at(1, 0, 4)].map((images) => images.sum().item());
    expect(cut).toBeLessThan(plain!);
  });

  it('leave out images that fill no minibatch, others every epoch', () => {
    const batches = batchesOf({ train: 47 });
    expect(batches.train(1, 10).count).toBe(4);
    const left = [1, 2].map((epoch) => {
      const used = labelsOfEpoch(batches, epoch, 10);
      expect(new Set(used).size).toBe(40);
      return upTo(47).filter((i) => !used.includes(i));
    });
    expect(left[0]).not.toEqual(left[1]);
  });

  it('that are larger than the split are refused with what to do', () => {
    const batches = batchesOf({ train: 9 });
    expect(() => batches.train(1, 10)).toThrow(
      expect.objectContaining({
        code: 'ERR_DATA',
        message: expect.stringMatching(/minibatch of 10 .*, got 9; .*--batch/),
      }),
    );
    expect(batches.train(1, 9).count).toBe(1);
  });
});

describe('reward minibatches', () => {
  it('go through the validation split in a new order each time round', () => {
    const batches = batchesOf();
    const rounds = [0, 1].map((round) =>
      upTo(4).flatMap((i) => labelsOf(batches.reward(4 * round + i, 5))),
    );
    for (const round of rounds) expect(sorted(round)).toEqual(upTo(20));
    expect(rounds[0]).not.toEqual(rounds[1]);
  });

  it('are not augmented', () => {
    const { images, labels } = batchesOf().reward(7, 5);
    const expected = labels.to({ dtype: 'float32' }).reshape([5, 1, 1, 1]).expand([5, 1, 8, 8]);
    expect(images.sub(expected).abs().max().item()).toBeLessThan(1e-4);
  });

  it('are functions of index and stream', () => {
    const batches = batchesOf();
    expect(labelsOf(batches.reward(3, 5))).toEqual(labelsOf(batchesOf().reward(3, 5)));
    expect(labelsOf(batches.reward(3, 5))).not.toEqual(labelsOf(batches.reward(3, 5, 'derive')));
  });

  it('are all of a split that is smaller', () => {
    const batches = batchesOf({ valid: 6 });
    for (const index of [0, 1, 2]) {
      expect(sorted(labelsOf(batches.reward(index, 100)))).toEqual(upTo(6));
    }
  });

  it('never mix two rounds where the split is no multiple of the minibatch', () => {
    const batches = batchesOf({ valid: 13 });
    const round = [0, 1, 2].flatMap((i) => labelsOf(batches.reward(i, 4)));
    expect(new Set(round).size).toBe(12);
  });
});

describe('all of a split', () => {
  it.each(['train', 'valid', 'test'] as const)('%s comes in order, whole', (split) => {
    const batches = batchesOf({ train: 23, valid: 17, test: 8 });
    const total = { train: 23, valid: 17, test: 8 }[split];
    const pass = batches.all(split, 8);
    expect(pass.count).toBe(Math.ceil(total / 8));
    const parts = upTo(pass.count).map((i) => pass.at(i));
    expect(parts.flatMap(labelsOf)).toEqual(upTo(total));
    expect(parts.flatMap(numbersOf)).toEqual(upTo(total));
    expect(labelsOf(parts.at(-1)!)).toHaveLength(total % 8 || 8);
  });
});

describe('a split in its shuffled order', () => {
  it('comes whole, each image with its label, the same order every time', () => {
    const orderOf = (batches: Batches) => {
      const pass = batches.shuffled('valid', 8);
      expect(pass.count).toBe(3);
      return upTo(3).flatMap((i) => {
        const batch = pass.at(i);
        expect(numbersOf(batch)).toEqual(labelsOf(batch));
        return labelsOf(batch);
      });
    };
    const order = orderOf(batchesOf());
    expect(sorted(order)).toEqual(upTo(20));
    expect(order).not.toEqual(upTo(20));
    expect(orderOf(batchesOf())).toEqual(order);
  });
});
