import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { flock } from '../torch/flock.ts';

/** Who holds a lock: enough to tell whether that process still runs. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's ticks: pids are used again, pid and start together are not. */
  readonly started: string | null;
  /** Of the process's threads, the one that holds it. */
  readonly thread: number;
  /** Whether the kernel's lock of the file is held with it. */
  readonly flock?: boolean;
}

/** This thread, as the owner of a lock whose file is open. */
export function ownerOfFile(fd: number): Owner {
  return {
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
    thread: threadId,
    flock: flock(fd) === 'locked',
  };
}

/** Whose lock has these contents; undefined where they are damaged. */
export function ownerOf(text: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(text);
    return Number.isInteger((owner as Owner | null)?.pid) ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a lock with these contents holds nothing.
 * @param fd its file, open, which may have the kernel's lock from now on
 */
export function isStale(text: string, fd: number): boolean {
  const owner = ownerOf(text);
  // Locks appear whole, so an unreadable one is damage and holds nothing, unless it is just being written.
  if (owner === undefined) return flock(fd) !== 'held';
  if (owner.host !== hostname()) return false;
  if (owner.flock) return flock(fd) === 'locked';
  return !isSeen(owner);
}

/** Whether an owner's process, of this host's name, is one of those that can be seen from here. */
export function isSeen({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return started === startOf(pid);
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
