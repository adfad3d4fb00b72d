import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';
import { writeFileAtomic } from '../files/atomicFile.ts';
import { cacheLimit, keepWithin, touch } from './imageCacheLimit.ts';
import type { ImageFile } from './imageListing.ts';

/** Of the cache's own form; raised when the same files would be decoded to other pixels. */
const formatVersion = 1;

/** Read and written at a time; one call moves at most 2 GiB. */
const chunkBytes = 2 ** 24;

export interface CacheKey {
  readonly files: readonly ImageFile[];
  readonly width: number;
  readonly height: number;
}

/** What stands beside the pixels. */
interface Description {
  readonly version: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * The pixels of these files, uint8 [N, 3, height, width]: from the cache if it has them whole, else
 * made by `decode` and put there, for which the entries that were used longest ago make room: see
 * `cacheLimit`.
 *
 * @throws EnasTorchError ERR_DATA when the cache's folder cannot be written; ERR_ARGUMENT for a limit
 *   that is none
 */
export async function cachedImages(
  key: CacheKey,
  decode: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const limit = cacheLimit();
  const folder = await cacheFolder();
  const name = keyHash(key);
  const base = join(folder, name);
  const cached = await read(base, key.files.length * 3 * key.width * key.height);
  if (cached !== undefined) {
    await touch(base);
    return cached;
  }
  const pixels = await decode();
  await writing(folder, () => write(base, pixels));
  await keepWithin(folder, limit, name);
  return pixels;
}

async function cacheFolder(): Promise<string> {
  const { XDG_CACHE_HOME: named = '' } = process.env;
  // The XDG specification has relative paths ignored.
  const root = isAbsolute(named) ? named : join(homedir(), '.cache');
  const folder = join(root, 'enas-torch', 'images');
  await writing(folder, () => mkdir(folder, { recursive: true }));
  return folder;
}

async function writing(folder: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new EnasTorchError(
      'ERR_DATA',
      `${folder}: expected a folder that decoded images can be kept in, ${(error as Error).message}; ` +
        'set XDG_CACHE_HOME to a folder with space that can be written',
      { cause: error },
    );
  }
}

function keyHash({ files, width, height }: CacheKey): string {
  const hash = createHash('sha256').update(JSON.stringify([formatVersion, width, height]));
  for (const { path, size, mtimeMs } of files) hash.update(JSON.stringify([path, size, mtimeMs]));
  return hash.digest('hex').slice(0, 32);
}

/** Undefined for a cache that is missing, short or altered. */
async function read(base: string, bytes: number): Promise<Uint8Array | undefined> {
  const description = await readDescription(`${base}.json`);
  if (description?.version !== formatVersion || description.bytes !== bytes) return undefined;
  try {
    const file = await open(`${base}.bin`);
    try {
      if ((await file.stat()).size !== bytes) return undefined;
      const pixels = new Uint8Array(bytes);
      const hash = createHash('sha256');
      for (let start = 0; start < bytes; ) {
        const chunk = pixels.subarray(start, start + chunkBytes);
        const { bytesRead } = await file.read(chunk, 0, chunk.length, start);
        if (bytesRead === 0) return undefined;
        hash.update(chunk.subarray(0, bytesRead));
        start += bytesRead;
      }
      return hash.digest('hex') === description.sha256 ? pixels : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readDescription(path: string): Promise<Partial<Description> | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) ?? undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The pixels first: a description always speaks of pixels that are there. */
async function write(base: string, pixels: Uint8Array): Promise<void> {
  const temporary = `${base}.bin.tmp-${randomUUID()}`;
  const hash = createHash('sha256');
  try {
    const file = await open(temporary, 'wx');
    try {
      for (let start = 0; start < pixels.length; ) {
        const chunk = pixels.subarray(start, start + chunkBytes);
        const { bytesWritten } = await file.write(chunk);
        hash.update(chunk.subarray(0, bytesWritten));
        start += bytesWritten;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, `${base}.bin`);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const description: Description = {
    version: formatVersion,
    bytes: pixels.length,
    sha256: hash.digest('hex'),
  };
  writeFileAtomic(`${base}.json`, JSON.stringify(description));
}
