import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp, { type CacheOptions, type Sharp } from 'sharp';
import { EnasTorchError } from '../errors/error.ts';
import { forEachLimited } from './concurrency.ts';
import type { ImageFile } from './imageListing.ts';

/** A file that claims to be larger is refused before its pixels are unpacked. */
const maxPixels = 2 ** 26;
/** An image's bytes; ample for any of {@link maxPixels} pixels. */
const maxFileBytes = 2 ** 29;

/** Images told of at a time. */
const progressStep = 100;

/** Decoders at work: more than processors, because reading a file is mostly waiting. */
const decoders = 2 * availableParallelism();

/** What has to be known of a file to decode it. */
export type DecodableFile = Pick<ImageFile, 'path' | 'size'>;

export interface DecodeOptions {
  readonly width: number;
  readonly height: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes files to RGB of one size; images of another size are stretched to it.
 *
 * @returns uint8 [N, 3, height, width] in the order of the files
 * @throws EnasTorchError ERR_DATA naming a file that is no image, is damaged, or is over 64 megapixels
 */
export async function decodeImages(
  folder: string,
  files: readonly DecodableFile[],
  { width, height, onProgress, signal }: DecodeOptions,
): Promise<Uint8Array> {
  const plane = width * height;
  const pixels = allocate(files.length * 3 * plane, files.length);
  let done = 0;
  await withoutCache(() =>
    forEachLimited(files.length, decoders, async (i) => {
      signal?.throwIfAborted();
      const rgb = await decode(folder, files[i]!, width, height);
      const start = i * 3 * plane;
      for (let p = 0, from = 0; p < plane; p++) {
        pixels[start + p] = rgb[from++]!;
        pixels[start + plane + p] = rgb[from++]!;
        pixels[start + 2 * plane + p] = rgb[from++]!;
      }
      done++;
      if (done % progressStep === 0 || done === files.length) onProgress?.(done, files.length);
    }),
  );
  return pixels;
}

/** Width and height of an image as it is shown, that is turned as its EXIF orientation says. */
export async function sizeOfImage(
  folder: string,
  file: DecodableFile,
): Promise<{ width: number; height: number }> {
  return await open(folder, file, async (image) => (await image.metadata()).autoOrient);
}

/** One image as RGB, 3 bytes a pixel, row by row. */
function decode(
  folder: string,
  file: DecodableFile,
  width: number,
  height: number,
): Promise<Buffer> {
  return open(folder, file, (image) =>
    image
      .flatten({ background: 'white' })
      .resize(width, height, { fit: 'fill' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer(),
  );
}

async function open<T>(
  folder: string,
  { path, size }: DecodableFile,
  read: (image: Sharp) => Promise<T>,
): Promise<T> {
  try {
    if (size > maxFileBytes) throw new Error(`the file has ${size} bytes`);
    // By contents, not by name: libvips keeps files it opened by name, and would give a file that was
    // written anew as it was before. A damaged image must not pass; a mere warning is common in photographs.
    const options = { limitInputPixels: maxPixels, failOn: 'error', autoOrient: true } as const;
    return await read(sharp(await readFile(join(folder, path)), options));
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new EnasTorchError(
      'ERR_DATA',
      `${join(folder, path)}: expected an image that can be decoded, of at most 64 megapixels; ` +
        `${reason}; mend or remove the file`,
      { cause: error },
    );
  }
}

function allocate(bytes: number, images: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    throw new EnasTorchError(
      'ERR_DATA',
      `expected images that fit in memory, ${images} of them are ${bytes} bytes; use fewer or smaller images`,
      { cause: error },
    );
  }
}

/** Calls of {@link withoutCache} under way, and what the last of them puts back. */
const cacheOff = { calls: 0, before: {} as CacheOptions };

/**
 * Runs with libvips's cache of operations off: no image comes twice, and keeping them costs a third
 * of the time. The cache belongs to the whole process, so it is put back.
 */
async function withoutCache(fn: () => Promise<void>): Promise<void> {
  if (cacheOff.calls++ === 0) {
    const { memory, files, items } = sharp.cache();
    cacheOff.before = { memory: memory.max, files: files.max, items: items.max };
    sharp.cache(false);
  }
  try {
    await fn();
  } finally {
    if (--cacheOff.calls === 0) sharp.cache(cacheOff.before);
  }
}
