import { basename, resolve } from 'node:path';
import { Streams } from '../random/streams.ts';
import type { Device } from '../torch/index.ts';
import { assemble, type RawSplit } from './assemble.ts';
import type { ImageDataset } from './dataset.ts';
import { cachedImages } from './imageCache.ts';
import { decodeImages } from './imageDecoding.ts';
import { listImages } from './imageListing.ts';
import { targetSize } from './imageSize.ts';

export interface ImageFolderOptions {
  /** Where the images are put. Default cpu. */
  readonly device?: Device;
  /** Hears how many images of how many are decoded; not called where the cache has them. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborting it ends the decoding with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * A folder with train/<class>/ and test/<class>/ and perhaps valid/<class>/, all with the same
 * classes, full of image files of any size. Every image becomes RGB of one size: the most common of
 * a sample of the training images, shrunk where its longer side is over 64. Transparent pixels become
 * white. Without valid/ a tenth of the training images, always the same, is kept for validation.
 *
 * Decoded pixels are kept in `$XDG_CACHE_HOME/enas-torch/images` (by default in ~/.cache) under a
 * hash of the files' names, sizes and times, so that only the first use of a folder decodes.
 *
 * @throws EnasTorchError ERR_DATA naming the folder or file that cannot be used
 */
export async function imageFolders(
  folder: string,
  { device = 'cpu', onProgress, signal }: ImageFolderOptions = {},
): Promise<ImageDataset> {
  const { classes, train, valid, test } = await listImages(folder);
  const { width, height } = await targetSize(folder, train);
  const files = [...train, ...(valid ?? []), ...test];
  const pixels = await cachedImages({ files, width, height }, () =>
    decodeImages(folder, files, { width, height, onProgress, signal }),
  );

  const imageBytes = 3 * width * height;
  const part = (start: number, end: number): RawSplit => ({
    pixels: pixels.subarray(start * imageBytes, end * imageBytes),
    labels: files.slice(start, end).map(({ label }) => label),
  });
  const testStart = files.length - test.length;
  const splits =
    valid === null
      ? splitOffValidation(part(0, testStart), imageBytes)
      : { train: part(0, train.length), valid: part(train.length, testStart) };
  return assemble(
    {
      name: basename(resolve(folder)),
      classes,
      channels: 3,
      height,
      width,
      ...splits,
      test: part(testStart, files.length),
    },
    device,
  );
}

/**
 * Takes a tenth of the images, at least one, out for validation. Which ones depends on their number
 * alone, not on the seed of a run: a folder is the same data set in every run. The training images
 * left are moved together in their own memory.
 */
function splitOffValidation(
  { pixels, labels }: RawSplit,
  imageBytes: number,
): { train: RawSplit; valid: RawSplit } {
  const count = Math.max(1, Math.floor(labels.length / 10));
  const chosen = chooseValidation(labels.length, count);
  const valid = new Uint8Array(count * imageBytes);
  const validLabels: number[] = [];
  const trainLabels: number[] = [];
  labels.forEach((label, i) => {
    const image = pixels.subarray(i * imageBytes, (i + 1) * imageBytes);
    if (chosen.has(i)) {
      valid.set(image, validLabels.length * imageBytes);
      validLabels.push(label);
    } else {
      pixels.set(image, trainLabels.length * imageBytes);
      trainLabels.push(label);
    }
  });
  return {
    train: { pixels: pixels.subarray(0, trainLabels.length * imageBytes), labels: trainLabels },
    valid: { pixels: valid, labels: validLabels },
  };
}

/** The last `count` of a shuffle of 0 … total − 1 (Fisher–Yates from the end). */
function chooseValidation(total: number, count: number): ReadonlySet<number> {
  const draw = new Streams(0).draw('data/valid');
  const order = Array.from({ length: total }, (_, i) => i);
  for (let i = total - 1; i >= total - count; i--) {
    const j = draw.integer(0, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return new Set(order.slice(total - count));
}
