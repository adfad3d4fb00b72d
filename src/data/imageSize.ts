import { availableParallelism } from 'node:os';
import { forEachLimited } from './concurrency.ts';
import { sizeOfImage } from './imageDecoding.ts';
import type { ImageFile } from './imageListing.ts';

const sampleSize = 256;
const maxSide = 64;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The size that all images of a folder are brought to: the most common among images spread evenly
 * over those given, the first met of equally common ones, shrunk in proportion to at most 64 pixels
 * on the longer side.
 */
export async function targetSize(folder: string, files: readonly ImageFile[]): Promise<Size> {
  const count = Math.min(sampleSize, files.length);
  const sizes: Size[] = new Array(count);
  await forEachLimited(count, 2 * availableParallelism(), async (i) => {
    sizes[i] = await sizeOfImage(folder, files[Math.floor((i * files.length) / count)]!);
  });
  return shrink(mostCommon(sizes));
}

function mostCommon(sizes: readonly Size[]): Size {
  const counts = new Map<string, { readonly size: Size; count: number }>();
  for (const size of sizes) {
    const key = `${size.width}×${size.height}`;
    const entry = counts.get(key) ?? { size, count: 0 };
    entry.count++;
    counts.set(key, entry);
  }
  return [...counts.values()].reduce((best, entry) => (entry.count > best.count ? entry : best))
    .size;
}

function shrink({ width, height }: Size): Size {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}
