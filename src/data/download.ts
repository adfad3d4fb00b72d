import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { syncPath } from '../files/atomicFile.ts';
import { writeError } from '../files/writeError.ts';
import { cifar10Files, cifar10Folder } from './cifar10.ts';
import { type FetchOptions, fetchFile } from './fetchFile.ts';
import { type ArchiveFile, extractTarGz } from './tar.ts';

/** A .tar.gz on the web that holds one folder. */
export interface Archive {
  readonly url: string;
  /** Of the .tar.gz, in hexadecimal. */
  readonly md5: string;
  readonly folder: string;
  /** All that the folder holds. */
  readonly files: readonly ArchiveFile[];
}

/** CIFAR-10's binary version, as its authors publish it. */
export const cifar10Archive: Archive = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  folder: cifar10Folder,
  files: [...cifar10Files, { name: 'batches.meta.txt' }, { name: 'readme.html' }],
};

export interface DownloadOptions extends FetchOptions {
  /** Where to get the archive instead. */
  readonly url?: string | undefined;
}

export interface Downloaded {
  /** The folder with the files. */
  readonly path: string;
  /** Whether they were there before. */
  readonly present: boolean;
}

/**
 * Has an archive's folder in `folder`: downloads and extracts it unless its files are there already.
 * Until all is done the download is kept beside as `<name>.part`, and the next call goes on with it.
 *
 * @throws EnasTorchError ERR_DATA when it cannot be fetched or is not the expected file; ERR_WRITE where
 *   the disk is full or there is no permission; ERR_ARGUMENT for a URL that is none
 */
export async function download(
  archive: Archive,
  folder: string,
  { url = archive.url, ...fetching }: DownloadOptions = {},
): Promise<Downloaded> {
  checkUrl(url);
  const path = join(folder, archive.folder);
  if (await isComplete(path, archive.files)) return { path, present: true };
  try {
    await mkdir(folder, { recursive: true });
    const part = join(folder, `${basename(new URL(archive.url).pathname)}.part`);
    await fetchChecked(archive, url, part, fetching);
    await extractInto(part, archive, folder);
    await rm(part);
  } catch (error) {
    throw writeError(folder, error, 'run the command again: it goes on where it stopped');
  }
  return { path, present: false };
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw unexpected('--url', 'an address that begins with http:// or https://', url);
}

async function isComplete(path: string, files: readonly ArchiveFile[]): Promise<boolean> {
  for (const { name, bytes } of files) {
    const status = await stat(join(path, name)).catch(() => undefined);
    if (status?.isFile() !== true || (bytes !== undefined && status.size !== bytes)) return false;
  }
  return true;
}

/** Fetches to `part` until the MD5 is right. A wrong one that began as an older part is begun anew, once. */
async function fetchChecked(
  { md5 }: Archive,
  url: string,
  part: string,
  fetching: FetchOptions,
): Promise<void> {
  const held = await md5Of(part);
  if (held === md5) return;
  await fetchFile(url, part, fetching);
  let actual = await md5Of(part);
  if (actual !== md5 && held !== undefined) {
    await rm(part);
    await fetchFile(url, part, fetching);
    actual = await md5Of(part);
  }
  if (actual === md5) return;
  await rm(part);
  throw new EnasTorchError(
    'ERR_DATA',
    `${url}: expected a file with the MD5 ${md5}, got one with ${actual}, which was removed; ` +
      'try again, or name another address with --url',
  );
}

async function md5Of(path: string): Promise<string | undefined> {
  const hash = createHash('md5');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

/** Extracts beside the final place and renames: what has a final name is whole. */
async function extractInto(part: string, archive: Archive, folder: string): Promise<void> {
  const temporary = join(folder, `.${archive.folder}.tmp-${randomUUID()}`);
  const final = join(folder, archive.folder);
  await mkdir(temporary);
  try {
    await extractTarGz(part, archive.folder, archive.files, temporary);
    await mkdir(final, { recursive: true });
    // File by file: the folder may be there with other files in it, which are not ours to remove.
    for (const { name } of archive.files) await rename(join(temporary, name), join(final, name));
    syncPath(final);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
