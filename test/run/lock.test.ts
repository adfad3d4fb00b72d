import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Lock } from '../../src/run/lock.ts';
import { temporaryFolder } from './temporary.ts';

function lockHeldBy(owner: object): string {
  const path = join(temporaryFolder(), 'lock');
  writeFileSync(path, JSON.stringify(owner));
  return path;
}

test('a lock keeps others out until it is given back', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'lock');
  const lock = Lock.acquire(path, 'runs/first');
  expect(() => Lock.acquire(path, 'runs/first')).toThrow(
    `runs/first is in use by process ${process.pid}; wait for it to end, or stop it`,
  );
  lock.release();
  expect(existsSync(path)).toBe(false);
  Lock.acquire(path, 'runs/first').release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock whose process has ended counts for nothing', () => {
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  const path = lockHeldBy({ pid: ended, host: hostname(), started: '1' });
  const lock = Lock.acquire(path, 'a run');
  expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid);
  lock.release();
});

test('a lock whose pid another process has now counts for nothing', () => {
  const path = lockHeldBy({ pid: process.pid, host: hostname(), started: 'long ago' });
  Lock.acquire(path, 'a run').release();
});

test('a lock of another machine holds, and the message says how to end it', () => {
  const path = lockHeldBy({ pid: 1, host: 'elsewhere', started: '1' });
  expect(() => Lock.acquire(path, 'a run')).toThrow(
    `a run is in use by process 1 on elsewhere; stop it, or remove ${path} if it no longer runs`,
  );
});

test.each(['', 'not json', '[]', '{"pid":"x"}'])(
  'a damaged lock (%j) counts for nothing',
  (text) => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, text);
    Lock.acquire(path, 'a run').release();
  },
);

test('giving back a lock that another has taken leaves theirs', () => {
  const path = join(temporaryFolder(), 'lock');
  const lock = Lock.acquire(path, 'a run');
  writeFileSync(path, 'another');
  lock.release();
  expect(readFileSync(path, 'utf8')).toBe('another');
});
