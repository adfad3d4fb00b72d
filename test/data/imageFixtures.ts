import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
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

/** A PNG that says it is of a size, and holds a few bytes of pixels. */
export function pngThatSays(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits of each of RGB.
  header.set([8, 2], 8);
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
