import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { writeError } from './writeError.ts';

/**
 * Writes a file so that a reader, or a crash at any moment, sees the old contents or the new ones
 * and never a part: under a temporary name beside it, to the disk, then renamed. A link in its place
 * is replaced, and what it leads to is left alone.
 *
 * @throws EnasTorchError ERR_WRITE where the disk is full or there is no permission
 */
export function writeFileAtomic(path: string, contents: string | Uint8Array): void {
  const folder = dirname(path);
  const temporary = temporaryName(path);
  try {
    rmSync(temporary, { force: true });
    // A name that is new cannot be a link to elsewhere.
    writeFileSync(temporary, contents, { flag: 'wx', flush: true });
    renameSync(temporary, path);
    syncPath(folder);
  } catch (error) {
    removeIfPossible(temporary);
    throw writeError(path, error);
  }
}

/** Beside a path, a name that no other thread takes and that {@link isTemporary} knows. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.tmp-${process.pid}-${threadId}`);
}

/** Whether a file of this name is what a crash left of one that was being written. */
export function isTemporary(name: string): boolean {
  return /^\..+\.tmp-\d+-\d+$/.test(name);
}

/** Removes a file after another failure, which says more than one of the removal would. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

/** Waits until a file's contents, or a folder's list of names, are on the disk. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
