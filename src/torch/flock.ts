import { constants } from 'node:os';
import { loadAddon } from './load.ts';

/**
 * Takes the kernel's exclusive lock of an open file (flock(2)) without waiting. It is given back when the
 * file is closed, as the kernel does for a process however it ends.
 *
 * @returns `locked` where it is this file's now or was; `held` where another opening of the file has it;
 *   `unknown` where the file system has no such locks
 */
export function flock(fd: number): 'locked' | 'held' | 'unknown' {
  // Not by `addon.ts`, which loads at once: what only reads runs imports this too.
  const error = loadAddon().flock(fd);
  if (error === 0) return 'locked';
  return error === constants.errno.EWOULDBLOCK ? 'held' : 'unknown';
}
