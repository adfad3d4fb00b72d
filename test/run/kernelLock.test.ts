import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Lock } from '../../src/run/lock.ts';
import { flock } from '../../src/torch/flock.ts';
import { loadAddon } from '../../src/torch/load.ts';
import { temporaryFolder } from './temporary.ts';

const module = JSON.stringify(new URL('../../dist/run/lock.js', import.meta.url).href);

/** A process that holds the lock. */
async function holder(path: string): Promise<ChildProcess> {
  const lines = `
    import { Lock } from ${module};
    Lock.acquire(${JSON.stringify(path)}, 'a run');
    console.log('mine');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', lines], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout!, 'data');
  return child;
}

/** Has the lock name a process that is not there, as that of another container seems to be. */
function nameUnseen(path: string): void {
  const pid = spawnSync(process.execPath, ['-e', '']).pid;
  const owner = JSON.parse(readFileSync(path, 'utf8'));
  expect(owner.flock).toBe(true);
  writeFileSync(path, JSON.stringify({ ...owner, pid, started: '1' }));
}

test('a lock holds whose process cannot be seen, as one of another container', async () => {
  const path = join(temporaryFolder(), 'lock');
  await holder(path);
  nameUnseen(path);
  expect(() => Lock.acquire(path, 'a run')).toThrow(
    /^a run is in use by process \d+, which cannot be seen from here, as in another container; wait/,
  );
});

test('it counts for nothing once that process was killed', async () => {
  const path = join(temporaryFolder(), 'lock');
  const child = await holder(path);
  nameUnseen(path);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = Lock.acquire(path, 'a run');
  expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid);
  lock.release();
});

test('a lock of this process counts for nothing once the thread that held it has ended', async () => {
  const path = join(temporaryFolder(), 'lock');
  const lines = `
    import { Lock } from ${module};
    import { parentPort } from 'node:worker_threads';
    Lock.acquire(${JSON.stringify(path)}, 'a run');
    parentPort.postMessage('mine');
    setInterval(() => {}, 1000);
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(lines)}`));
  await once(worker, 'message');
  expect(() => Lock.acquire(path, 'a run')).toThrow('a run is in use by process');
  await worker.terminate();
  Lock.acquire(path, 'a run').release();
});

test('where there are no kernel locks a dead process’s lock counts for nothing, a living one’s holds', () => {
  const path = join(temporaryFolder(), 'lock');
  const unknown = vi.spyOn(loadAddon(), 'flock').mockReturnValue(constants.errno.ENOSYS);
  onTestFinished(() => unknown.mockRestore());
  const lock = Lock.acquire(path, 'a run');
  expect(JSON.parse(readFileSync(path, 'utf8')).flock).toBe(false);
  expect(() => Lock.acquire(path, 'a run')).toThrow('a run is in use by process');
  const owner = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...owner, started: 'long ago' }));
  Lock.acquire(path, 'a run').release();
  lock.release();
});

test('a lock that was given back is free at once, and its file is closed', () => {
  const path = join(temporaryFolder(), 'lock');
  const before = openSync('/dev/null', 'r');
  closeSync(before);
  for (let i = 0; i < 5; i++) Lock.acquire(path, 'a run').release();
  const after = openSync('/dev/null', 'r');
  closeSync(after);
  expect(after).toBe(before);
});

test('giving a lock back twice closes no file that was opened since', () => {
  const path = join(temporaryFolder(), 'lock');
  const lock = Lock.acquire(path, 'a run');
  lock.release();
  const other = openSync('/dev/null', 'r');
  lock.release();
  expect(() => closeSync(other)).not.toThrow();
});

test('the kernel’s lock of a file is held by one opening of it, until that is closed', () => {
  const path = join(temporaryFolder(), 'file');
  const [first, second] = [openSync(path, 'w'), openSync(path, 'r')];
  expect(flock(first)).toBe('locked');
  expect(flock(first)).toBe('locked');
  expect(flock(second)).toBe('held');
  closeSync(first);
  expect(flock(second)).toBe('locked');
  closeSync(second);
});

test.each([-1, 123456, 2 ** 40])('what is no open file (%i) has no lock', (fd) => {
  expect(flock(fd)).toBe('unknown');
});
