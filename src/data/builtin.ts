import { setImmediate } from 'node:timers/promises';
import { Streams } from '../random/streams.ts';
import type { Device } from '../torch/index.ts';
import { assemble, type RawSplit } from './assemble.ts';
import { classes } from './builtin/classes.ts';
import { drawImage, SIDE, VALUES } from './builtin/image.ts';
import type { ImageDataset } from './dataset.ts';

/** Images in each split of the built-in set. */
export const builtinSizes = { train: 8000, valid: 1000, test: 2000 } as const;

export type BuiltinSplit = keyof typeof builtinSizes;

/** Images drawn between two turns of the event loop: some 30 ms. */
const imagesPerTurn = 200;

export interface BuiltinOptions {
  /** Where the images are put. Default cpu. */
  readonly device?: Device;
  /** Another seed is another set of the same kind. Default 0, so that runs can be compared. */
  readonly seed?: number;
}

/**
 * The set that needs no download: ten classes of 32×32 colour images, five silhouettes (disc, square,
 * triangle, cross, ring) with two surfaces (striped, chequered), 8,000 to train on, 1,000 for
 * validation, 2,000 for the test, the classes equally often in each. `scripts/validate-builtin.mjs`
 * measures how hard it is.
 */
export async function builtin({
  device = 'cpu',
  seed = 0,
}: BuiltinOptions = {}): Promise<ImageDataset> {
  const [train, valid, test] = [
    await builtinSplit(seed, 'train', builtinSizes.train),
    await builtinSplit(seed, 'valid', builtinSizes.valid),
    await builtinSplit(seed, 'test', builtinSizes.test),
  ];
  const size = { channels: 3, height: SIDE, width: SIDE };
  return assemble({ name: 'built-in figures', classes, ...size, train, valid, test }, device);
}

/**
 * The first `count` images of a split, the event loop free in between. Image i is of class i mod 10
 * and a function of (seed, split, i) alone.
 */
export async function builtinSplit(
  seed: number,
  split: BuiltinSplit,
  count: number,
): Promise<RawSplit> {
  const streams = new Streams(seed);
  const pixels = new Uint8Array(count * VALUES);
  const labels = Array.from({ length: count }, (_, i) => i % classes.length);
  for (let i = 0; i < count; i++) {
    if (i % imagesPerTurn === 0) await setImmediate();
    drawImage(streams.draw(`data/builtin/${split}`, i), labels[i]!, pixels, i * VALUES);
  }
  return { pixels, labels };
}
