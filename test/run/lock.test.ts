import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Lock, releaseLockOf } from '../../src/run/lock.ts';
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

test('a lock of another thread of this process holds', () => {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const owner = { pid: process.pid, host: hostname(), started, thread: 7 };
  const path = lockHeldBy(owner);
  expect(() => Lock.acquire(path, 'a run')).toThrow(`a run is in use by process ${process.pid}; `);
  releaseLockOf(path, 6);
  expect(existsSync(path)).toBe(true);
  releaseLockOf(path, 7);
  Lock.acquire(path, 'a run').release();
});

test('a lock of a thread in another process, or on another machine, is not taken away', () => {
  for (const owner of [
    { pid: process.pid + 1, host: hostname(), started: '1', thread: 7 },
    { pid: process.pid, host: 'elsewhere', started: '1', thread: 7 },
  ]) {
    const path = lockHeldBy(owner);
    releaseLockOf(path, 7);
    expect(existsSync(path)).toBe(true);
  }
});

test('a lock of a process that may not be signalled holds', () => {
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  });
  onTestFinished(() => kill.mockRestore());
  const stat = readFileSync('/proc/1/stat', 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const path = lockHeldBy({ pid: 1, host: hostname(), started, thread: 0 });
  expect(() => Lock.acquire(path, 'a run')).toThrow('a run is in use by process 1; ');
});

test('of many processes that find a stale lock at once one has it', async () => {
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  const path = lockHeldBy({ pid: ended, host: hostname(), started: '1', thread: 0 });
  const lines = `
    import { Lock } from ${JSON.stringify(new URL('../../dist/run/lock.js', import.meta.url).href)};
    try { Lock.acquire(${JSON.stringify(path)}, 'a run'); console.log('mine'); }
    catch (error) { console.log(error.message); }
    setInterval(() => {}, 1000);
  `;
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', lines], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  onTestFinished(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const said = await Promise.all(
    children.map(async (child) => String((await once(child.stdout!, 'data'))[0]).trim()),
  );
  const winner = children[said.indexOf('mine')]!;
  expect(said.filter((text) => text === 'mine')).toHaveLength(1);
  expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(winner.pid);
  expect(readdirSync(dirname(path))).toEqual(['lock']);
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
