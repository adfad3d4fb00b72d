import { EnasTorchError } from '../errors/error.ts';
import type { Streams } from '../random/streams.ts';
import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { type Augmentation, drawAugmentation, standardise } from './augment.ts';
import type { ImageDataset, Split } from './dataset.ts';
import { take } from './take.ts';

/** A minibatch, ready for a network. */
export interface ImageBatch {
  /** float32 [N, C, H, W], standardised, channels-last */
  readonly images: Tensor;
  /** int64 [N] */
  readonly labels: Tensor;
}

/** One pass over a split in minibatches, any of which can be made at any time. */
export interface Pass {
  readonly count: number;
  /** Makes minibatch `index`, from 0. Its tensors belong to the caller's scope. */
  at(index: number): ImageBatch;
}

/**
 * The minibatches of a data set. Which images come when, and how they are augmented, is a function
 * of the streams and of what is asked for: a resumed run asks for the next one and gets the same.
 */
export class Batches {
  readonly #dataset: ImageDataset;
  readonly #streams: Streams;
  /** The order of the pass that was last asked for, by its seed. */
  #order: { readonly seed: number; readonly indices: BigInt64Array } | undefined;

  constructor(dataset: ImageDataset, streams: Streams) {
    this.#dataset = dataset;
    this.#streams = streams;
  }

  /**
   * One epoch of the training images: a new order, augmented. Images that do not fill a last
   * minibatch are left out, different ones each epoch.
   *
   * @param epoch from 1
   * @throws EnasTorchError ERR_DATA when there are fewer images than a minibatch holds
   */
  train(epoch: number, batch: number, { cutout = 0 }: { cutout?: number } = {}): Pass {
    const { train } = this.#dataset;
    const count = Math.floor(size(train) / batch);
    if (count === 0) {
      throw new EnasTorchError(
        'ERR_DATA',
        `${this.#dataset.name}: expected at least a minibatch of ${batch} training images, got ` +
          `${size(train)}; use a smaller --batch or a larger --train-limit`,
      );
    }
    const streams = this.#streams;
    return {
      count,
      at: (index) =>
        torch.scope(() => {
          const taken = this.#shuffled('data/order', train, epoch, index * batch, batch);
          const step = (epoch - 1) * count + index;
          const [, ...size] = train.images.shape as [number, number, number, number];
          const { device } = train.images;
          const drawn = drawAugmentation([batch, ...size], device, { streams, step, cutout });
          return this.#take(train, taken, drawn);
        }),
    };
  }

  /**
   * Minibatch `index`, from 0, of an endless shuffled sequence of validation images: the split in a
   * new order, again and again. Not augmented. Where the split is smaller than a minibatch it is all of it.
   */
  reward(index: number, batch: number, stream = 'data/reward'): ImageBatch {
    const { valid } = this.#dataset;
    const taken = this.rewardSize(batch);
    const perPass = Math.floor(size(valid) / taken);
    return torch.scope(() => {
      const pass = Math.floor(index / perPass);
      const first = (index % perPass) * taken;
      return this.#take(valid, this.#shuffled(stream, valid, pass, first, taken));
    });
  }

  /** Images in each of the minibatches that {@link reward} makes. */
  rewardSize(batch: number): number {
    return Math.min(batch, size(this.#dataset.valid));
  }

  /** All images of a split in their own order, not augmented; the last minibatch may be smaller. */
  all(split: 'train' | 'valid' | 'test', batch: number): Pass {
    const images = this.#dataset[split];
    const total = size(images);
    return {
      count: Math.ceil(total / batch),
      at: (index) =>
        torch.scope(() => {
          const start = index * batch;
          const length = Math.min(batch, total - start);
          return {
            images: standardise(images.images.narrow(0, start, length), this.#dataset),
            labels: images.labels.narrow(0, start, length),
          };
        }),
    };
  }

  /**
   * All images of a split once, in one shuffled order that is always the same, not augmented. For
   * networks whose batch norms use the minibatch's own statistics: a split that lies sorted by class
   * gives minibatches of one class, and on those a child of 44 % scored 12 %.
   */
  shuffled(split: 'valid' | 'test', batch: number): Pass {
    const images = this.#dataset[split];
    const total = size(images);
    return {
      count: Math.ceil(total / batch),
      at: (index) =>
        torch.scope(() => {
          const start = index * batch;
          const length = Math.min(batch, total - start);
          return this.#take(
            images,
            this.#shuffled(`data/shuffled/${split}`, images, 0, start, length),
          );
        }),
    };
  }

  /**
   * Indices `first` to `first + length` of a split's order in a pass: int64, on its device. Orders are
   * drawn on the host, so that they are the same on every device.
   */
  #shuffled(stream: string, split: Split, pass: number, first: number, length: number): Tensor {
    const { device } = split.images;
    const seed = this.#streams.key(stream, pass);
    // A pass is asked for minibatch by minibatch, and its order takes longer to draw than a minibatch.
    if (this.#order?.seed !== seed || this.#order.indices.length !== size(split)) {
      const order = torch.scope(() => torch.randperm(size(split), { seed }).toTypedArray());
      this.#order = { seed, indices: order as BigInt64Array };
    }
    const indices = this.#order!.indices.subarray(first, first + length);
    return torch.fromTypedArray(indices, [length], { device });
  }

  #take({ images, labels }: Split, index: Tensor, drawn?: Augmentation): ImageBatch {
    return {
      images: take(images, index, this.#dataset, drawn),
      labels: labels.indexSelect(0, index),
    };
  }
}

const size = ({ labels }: Split) => labels.numel();
