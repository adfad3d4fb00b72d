import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { expect } from 'vitest';
import type { Split } from '../../src/data/dataset.ts';
import { temporaryFolder } from '../run/temporary.ts';

export type Rgb = readonly [number, number, number];

/** An image of one colour. */
export const plain = ([r, g, b]: Rgb, width = 8, height = 6) =>
  sharp({ create: { width, height, channels: 3, background: { r, g, b } } });

/** Writes an image, and the folders it is in. */
export async function put(folder: string, path: string, image: Sharp): Promise<void> {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  await image.toFile(join(folder, path));
}

/** Two classes with 10 training images and 2 test images each; their red counts them. */
export async function smallFolder({ perClass = 10, valid = false } = {}): Promise<string> {
  const folder = temporaryFolder();
  for (const [c, name] of ['cat', 'dog'].entries()) {
    for (let i = 0; i < perClass; i++) {
      await put(folder, `train/${name}/${i}.png`, plain([100 * c + i, c, 0]));
    }
    for (let i = 0; i < 2; i++) {
      await put(folder, `test/${name}/${i}.png`, plain([50 + 100 * c + i, c, 1]));
      if (valid) await put(folder, `valid/${name}/${i}.png`, plain([70 + 100 * c + i, c, 2]));
    }
  }
  return folder;
}

/** Each image's red, with its label. */
export function reds({ images, labels }: Split): (number | undefined)[][] {
  const values = images.select(1, 0).select(1, 0).select(1, 0).tolist() as number[];
  return values.map((red, i) => [red, (labels.tolist() as number[])[i]]);
}

/** What an error of a data set that cannot be used looks like. */
export const refusal = (message: RegExp) => ({
  code: 'ERR_DATA',
  message: expect.stringMatching(message),
});
