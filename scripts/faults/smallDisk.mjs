import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A file system in memory that can be filled and made read-only. It takes root. */
export class SmallDisk {
  #filler;

  /** @throws Error with what `mount` says where mounting is not allowed */
  constructor(path, megabytes) {
    this.path = path;
    this.#filler = join(path, 'filler');
    mkdirSync(path);
    mount(['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'enas-torch-faults', path]);
  }

  /** Takes all room but so many bytes, in whole pages. */
  fill(room) {
    const { bavail, bsize } = statfsSync(this.path);
    const page = Buffer.alloc(bsize);
    const file = openSync(this.#filler, 'w');
    try {
      for (let left = bavail - Math.ceil(room / bsize); left > 0; left--) writeSync(file, page);
    } catch (error) {
      // Whoever else writes here may have been faster.
      if (error.code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  empty() {
    rmSync(this.#filler, { force: true });
  }

  setReadOnly(readOnly) {
    mount(['-o', `remount,${readOnly ? 'ro' : 'rw'}`, this.path]);
  }

  unmount() {
    spawnSync('umount', [this.path]);
  }
}

function mount(words) {
  const { status, error, stderr } = spawnSync('mount', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? stderr.trim().split('\n')[0]);
}
