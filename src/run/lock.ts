import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { EnasTorchError } from '../errors/error.ts';
import { removeIfPossible } from '../files/atomicFile.ts';
import { writeError } from '../files/writeError.ts';
import { thenResume } from './writing.ts';

/** Who holds a lock: enough to tell whether that process still runs. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's ticks: pids are used again, pid and start together are not. */
  readonly started: string | null;
  /** Of the process's threads, the one that holds it. */
  readonly thread: number;
}

/**
 * A lock file that one process at a time holds. A lock whose process has ended, however it ended,
 * counts for nothing.
 */
export class Lock {
  readonly path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.path = path;
    this.#text = text;
  }

  /**
   * @param purpose what is locked, for the message
   * @throws EnasTorchError ERR_RUN when a living process holds the lock; ERR_WRITE where none can be put
   */
  static acquire(path: string, purpose: string): Lock {
    const owner: Owner = {
      pid: process.pid,
      host: hostname(),
      started: startOf(process.pid),
      thread: threadId,
    };
    const text = `${JSON.stringify(owner)}\n`;
    // Two rounds: the second after a stale lock was taken away.
    for (let round = 0; round < 2; round++) {
      if (place(path, text)) return new Lock(path, text);
      const found = read(path);
      if (found === undefined) continue;
      if (!isStale(found)) throw heldError(path, purpose, found);
      takeAway(path, found);
    }
    throw heldError(path, purpose, read(path) ?? '');
  }

  /** Gives the lock back; does nothing if it is no longer this one. */
  release(): void {
    if (read(this.path) === this.#text) rmSync(this.path, { force: true });
  }
}

/** Takes away a lock that a thread of this process held when it crashed. */
export function releaseLockOf(path: string, thread: number): void {
  const text = read(path);
  const owner = text === undefined ? undefined : ownerOf(text);
  const mine = owner?.pid === process.pid && owner.host === hostname();
  if (mine && owner.thread === thread) rmSync(path, { force: true });
}

/** Puts the lock there with its contents in one step; false when there is one already. */
function place(path: string, text: string): boolean {
  const own = `${path}.${process.pid}-${threadId}`;
  try {
    rmSync(own, { force: true });
    writeFileSync(own, text, { flag: 'wx' });
    link(own, path, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw writeError(dirname(path), error, thenResume);
  } finally {
    removeIfPossible(own);
  }
}

/** Exclusive: EEXIST where the lock is there. */
function link(own: string, path: string, text: string): void {
  try {
    linkSync(own, path);
  } catch (error) {
    if (!withoutLinks.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // Whoever reads it before its contents are there finds damage, takes it away, sees then that it
    // changed, and puts it back.
    writeFileSync(path, text, { flag: 'wx' });
  }
}

/** What file systems answer that have no hard links: FAT, and many that are reached over a network. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

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
  const taken = read(aside);
  if (taken !== undefined && taken !== stale) place(path, taken);
  rmSync(aside, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function ownerOf(text: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(text);
    return Number.isInteger((owner as Owner | null)?.pid) ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

function isStale(text: string): boolean {
  const owner = ownerOf(text);
  // Locks appear whole, so an unreadable one is damage and holds nothing.
  if (owner === undefined) return true;
  if (owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  return owner.started !== startOf(owner.pid);
}

/** Start time of a process, where /proc tells. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command, in parentheses, may hold spaces; field 22 is the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function heldError(path: string, purpose: string, text: string): EnasTorchError {
  const owner = ownerOf(text);
  const holder =
    owner === undefined
      ? 'another process'
      : `process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`}`;
  const remedy =
    owner === undefined || owner.host === hostname()
      ? 'wait for it to end, or stop it'
      : `stop it, or remove ${path} if it no longer runs`;
  return new EnasTorchError('ERR_RUN', `${purpose} is in use by ${holder}; ${remedy}`);
}
