import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { Lock } from '../../src/run/lock.ts';
import { temporaryFolder } from './temporary.ts';

/** What the file system answers to a hard link. */
const answer = vi.hoisted(() => ({ code: 'EPERM' }));

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  linkSync: () => {
    throw Object.assign(new Error(`${answer.code}: link`), { code: answer.code });
  },
}));

beforeEach(() => {
  answer.code = 'EPERM';
});

test.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])(
  'a lock keeps others out where there are no hard links (%s)',
  (code) => {
    answer.code = code;
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const lock = Lock.acquire(path, 'a run');
    expect(() => Lock.acquire(path, 'a run')).toThrow(`in use by process ${process.pid}; wait`);
    expect(readdirSync(folder)).toEqual(['lock']);
    lock.release();
    expect(existsSync(path)).toBe(false);
    Lock.acquire(path, 'a run').release();
  },
);

test('a stale lock is recognised there', () => {
  const path = join(temporaryFolder(), 'lock');
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(path, JSON.stringify({ pid: ended, host: hostname(), started: '1' }));
  Lock.acquire(path, 'a run').release();
});

test('a link refused for another reason is an error', () => {
  answer.code = 'EIO';
  const folder = temporaryFolder();
  expect(() => Lock.acquire(join(folder, 'lock'), 'a run')).toThrow(
    expect.objectContaining({ code: 'ERR_WRITE' }),
  );
  expect(readdirSync(folder)).toEqual([]);
});
