import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { EnasTorchError } from '../errors/error.ts';

/** A file that an archive must hold. */
export interface ArchiveFile {
  readonly name: string;
  /** Its exact length; left out, any. */
  readonly bytes?: number;
}

/**
 * Extracts a .tar.gz that holds one folder of files and nothing else. Paths of the archive are only
 * compared with those expected, never used, so nothing can be written elsewhere.
 *
 * @param archive the file to extract
 * @param inner name of the folder in the archive
 * @param files all that the folder must hold
 * @param into an empty folder that the files are put in, on the disk when this returns
 * @throws EnasTorchError ERR_DATA when the archive is damaged, lacks a file or holds another
 */
export async function extractTarGz(
  archive: string,
  inner: string,
  files: readonly ArchiveFile[],
  into: string,
): Promise<void> {
  const missing = new Map(files.map((file) => [`${inner}/${file.name}`, file]));
  const tar = extract();
  const feeding = pipeline(createReadStream(archive), createGunzip(), tar);
  // Awaited below; until then a failure is the loop's, which sees the same stream destroyed.
  feeding.catch(() => {});
  try {
    for await (const entry of tar) {
      const path = entry.header.name.replace(/^(\.\/)+/, '');
      if (isFolder(entry.header, path, inner)) {
        entry.resume();
        continue;
      }
      const expected = missing.get(path);
      if (expected === undefined || entry.header.type !== 'file') {
        throw refused(archive, `it holds ${describeEntry(entry.header)}`);
      }
      const { bytes = entry.header.size, name } = expected;
      if (entry.header.size !== bytes) {
        throw refused(archive, `${path} has ${entry.header.size} bytes, not ${bytes}`);
      }
      missing.delete(path);
      await writeFile(join(into, name), entry);
    }
    await feeding;
  } catch (error) {
    if (error instanceof EnasTorchError) throw error;
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw error;
    throw refused(archive, message, error);
  }
  const [first] = missing.keys();
  if (first !== undefined) throw refused(archive, `${first} is not in it`);
}

function isFolder({ type }: Header, path: string, inner: string): boolean {
  return type === 'directory' && [inner, `${inner}/`, ''].includes(path);
}

function describeEntry({ type, name }: Header): string {
  return `${type === 'file' ? 'a file' : `a ${type}`} "${name}"`;
}

async function writeFile(path: string, contents: AsyncIterable<unknown>): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const chunk of contents) await file.writeFile(chunk as Uint8Array);
    await file.sync();
  } finally {
    await file.close();
  }
}

function refused(archive: string, problem: string, cause?: unknown): EnasTorchError {
  return new EnasTorchError(
    'ERR_DATA',
    `${archive}: expected a whole .tar.gz with the usual files and no others, but ${problem}; remove it`,
    { cause },
  );
}
