import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { EnasTorchError } from '../errors/error.ts';
import { removeIfPossible } from '../files/atomicFile.ts';
import { writeError } from '../files/writeError.ts';
import { isSeen, isStale, ownerOf, ownerOfFile } from './lockOwner.ts';
import { thenResume } from './writing.ts';

/**
 * A lock file that one process at a time holds. A lock whose process has ended, however it ended,
 * counts for nothing: its owner holds the kernel's lock of the file too, which tells that also of a
 * process that cannot be seen from here, as in another container of the same host name. Where the file
 * system has no such locks the process's number and beginning tell.
 */
export class Lock {
  readonly path: string;
  readonly #text: string;
  #fd: number | null;

  private constructor(path: string, { text, fd }: Placed) {
    this.path = path;
    this.#text = text;
    this.#fd = fd;
  }

  /**
   * @param purpose what is locked, for the message
   * @throws EnasTorchError ERR_RUN when a living process holds the lock; ERR_WRITE where none can be put
   */
  static acquire(path: string, purpose: string): Lock {
    // Two rounds: the second after a stale lock was taken away.
    for (let round = 0; round < 2; round++) {
      const placed = place(path);
      if (placed !== null) return new Lock(path, placed);
      const held = takeAwayStale(path);
      if (held !== null) throw heldError(path, purpose, held);
    }
    throw heldError(path, purpose, read(path) ?? '');
  }

  /** Gives the lock back; does nothing if it is no longer this one, or was given back. */
  release(): void {
    if (this.#fd === null) return;
    if (read(this.path) === this.#text) rmSync(this.path, { force: true });
    closeSync(this.#fd);
    // Another file may have the number from now on.
    this.#fd = null;
  }
}

/** Takes away a lock that a thread of this process held when it crashed. */
export function releaseLockOf(path: string, thread: number): void {
  const text = read(path);
  const owner = text === undefined ? undefined : ownerOf(text);
  const mine = owner?.pid === process.pid && owner.host === hostname();
  if (mine && owner.thread === thread) rmSync(path, { force: true });
}

/** A lock that was put there, and its file, open. */
interface Placed {
  readonly text: string;
  readonly fd: number;
}

/** Puts the lock there with its contents in one step; null when there is one already. */
function place(path: string): Placed | null {
  const own = `${path}.${process.pid}-${threadId}`;
  let placed: Placed | null = null;
  try {
    rmSync(own, { force: true });
    placed = written(own);
    linkSync(own, path);
    return placed;
  } catch (error) {
    if (placed !== null) closeSync(placed.fd);
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return null;
    if (placed !== null && withoutLinks.has(code)) return placeWithoutLink(path);
    throw writeError(dirname(path), error, thenResume);
  } finally {
    removeIfPossible(own);
  }
}

/**
 * The same where the file appears before its contents. Another process that reads it too early finds damage,
 * and may take it away: then this file is no longer the one at the path.
 */
function placeWithoutLink(path: string): Placed | null {
  try {
    const placed = written(path);
    if (isAt(path, placed.fd)) return placed;
    closeSync(placed.fd);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw writeError(dirname(path), error, thenResume);
  }
}

/** A new file with this process as the owner, locked before its contents are there. */
function written(path: string): Placed {
  const fd = openSync(path, 'wx');
  try {
    const text = `${JSON.stringify(ownerOfFile(fd))}\n`;
    writeFileSync(fd, text);
    return { text, fd };
  } catch (error) {
    closeSync(fd);
    removeIfPossible(path);
    throw error;
  }
}

/** What file systems answer that have no hard links: FAT, and many that are reached over a network. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Takes the lock away if it is stale.
 * @returns the contents of one that is held; null where there is none any more
 */
function takeAwayStale(path: string): string | null {
  const fd = openIfThere(path);
  if (fd === undefined) return null;
  try {
    const found = readFileSync(fd, 'utf8');
    if (!isStale(found, fd)) return found;
    takeAway(path, found);
    return null;
  } finally {
    closeSync(fd);
  }
}

/**
 * Removes a stale lock. Two processes may find the same stale lock: by renaming first, and putting
 * back what turns out to be the other's new lock, neither removes a living one.
 */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.stale-${process.pid}-${threadId}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== stale) putBack(aside, path);
  rmSync(aside, { force: true });
}

/** The same file, since its owner holds the kernel's lock of that. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (withoutLinks.has(code) && !existsSync(path)) renameSync(aside, path);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether it is this open file that lies there. */
function isAt(path: string, fd: number): boolean {
  const [there, open] = [statSync(path, { throwIfNoEntry: false }), fstatSync(fd)];
  return there !== undefined && there.ino === open.ino && there.dev === open.dev;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function heldError(path: string, purpose: string, text: string): EnasTorchError {
  const inUse = (by: string, remedy: string) =>
    new EnasTorchError('ERR_RUN', `${purpose} is in use by ${by}; ${remedy}`);
  const owner = ownerOf(text);
  if (owner === undefined) return inUse('another process', 'wait for it to end, or stop it');
  const { pid, host } = owner;
  if (host !== hostname()) {
    return inUse(`process ${pid} on ${host}`, `stop it, or remove ${path} if it no longer runs`);
  }
  const where = isSeen(owner) ? '' : ', which cannot be seen from here, as in another container';
  return inUse(`process ${pid}${where}`, 'wait for it to end, or stop it');
}
