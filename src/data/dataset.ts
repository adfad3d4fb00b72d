import type { ImageTask } from '../spaces/space.ts';
import type { Tensor } from '../torch/index.ts';

/** Images and their labels, on one device. */
export interface Split {
  /** uint8 [N, C, H, W] */
  readonly images: Tensor;
  /** int64 [N], indices into {@link ImageDataset.classes} */
  readonly labels: Tensor;
}

/** A set of labelled images of one size. */
export interface ImageDataset {
  /** What it is called in reports. */
  readonly name: string;
  readonly classes: readonly string[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** What ω is trained on. */
  readonly train: Split;
  /** What rewards are measured on; never trained on during a search. */
  readonly valid: Split;
  /** Looked at once, at the end. */
  readonly test: Split;
  /** Mean of each channel over the training images, of values scaled to [0, 1]. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel over the training images, of values scaled to [0, 1]. */
  readonly std: readonly number[];
  /** A hash of what the set holds, so that a run is not continued on another. */
  readonly fingerprint: string;
}

/** What a network for these images has to do. */
export function task({ channels, height, width, classes }: ImageDataset): ImageTask {
  return { kind: 'images', channels, height, width, classes: classes.length };
}
