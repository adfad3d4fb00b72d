import { createHash } from 'node:crypto';
import type { Device } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { ImageDataset, Split } from './dataset.ts';
import { channelStatistics } from './statistics.ts';

/** A split as bytes in memory, before it goes to a device. */
export interface RawSplit {
  /** uint8 [N, C, H, W], contiguous */
  readonly pixels: Uint8Array;
  /** [N], indices into the classes */
  readonly labels: readonly number[];
}

export interface RawImages {
  readonly name: string;
  readonly classes: readonly string[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly train: RawSplit;
  readonly valid: RawSplit;
  readonly test: RawSplit;
}

/**
 * A data set on a device, of images in memory. Mean and standard deviation are those of its training
 * images; its fingerprint is a SHA-256 over the image size, the class names, and every split's pixels
 * and labels.
 */
export function assemble(raw: RawImages, device: Device): ImageDataset {
  const { name, classes, channels, height, width } = raw;
  const onDevice = ({ pixels, labels }: RawSplit): Split => ({
    images: torch.fromTypedArray(pixels, [labels.length, channels, height, width], { device }),
    labels: torch.fromTypedArray(BigInt64Array.from(labels, BigInt), [labels.length], { device }),
  });
  return {
    name,
    classes,
    channels,
    height,
    width,
    train: onDevice(raw.train),
    valid: onDevice(raw.valid),
    test: onDevice(raw.test),
    ...channelStatistics(raw.train.pixels, channels, height * width),
    fingerprint: fingerprintOf(raw),
  };
}

function fingerprintOf({ classes, channels, height, width, ...splits }: RawImages): string {
  const hash = createHash('sha256').update(JSON.stringify([channels, height, width, classes]));
  for (const { pixels, labels } of [splits.train, splits.valid, splits.test]) {
    hash.update(JSON.stringify(labels)).update(pixels);
  }
  return hash.digest('hex');
}
