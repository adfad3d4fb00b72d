import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { JsonlWriter } from '../../src/run/metrics.ts';
import { temporaryFolder } from './temporary.ts';

test('a line reaches the file by itself', async () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  const writer = new JsonlWriter(path);
  writer.append({ a: 1 });
  expect(readFileSync(path, 'utf8')).toBe('');
  await vi.waitUntil(() => readFileSync(path, 'utf8') === '{"a":1}\n', { timeout: 10_000 });
  writer.close();
});

test('sync tells the size in bytes, and truncating to it forgets what came after', () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  const writer = new JsonlWriter(path);
  writer.append({ text: 'ω' });
  const size = writer.sync();
  expect(size).toBe(Buffer.byteLength('{"text":"ω"}\n'));
  writer.append({ later: 1 });
  writer.flush();
  writer.append({ waiting: 1 });
  writer.truncate(size);
  writer.append({ again: 2 });
  writer.close();
  expect(readFileSync(path, 'utf8')).toBe('{"text":"ω"}\n{"again":2}\n');
});

test('a file that exists is added to, and cut also when it ends in part of a line', () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  writeFileSync(path, '{"a":1}\n{"b":');
  const writer = new JsonlWriter(path);
  writer.truncate(8);
  writer.append({ c: 3 });
  writer.close();
  expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"c":3}\n');
});

test('a file shorter than the checkpoint says is an error that says what to do', () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  const writer = new JsonlWriter(path);
  writer.append({ a: 1 });
  expect(() => writer.truncate(100)).toThrow(
    `${path}: expected at least 100 bytes, as when the checkpoint was written, got 8; put the whole file back, or start a new run`,
  );
  writer.close();
});

test('much at once is written at once, without loss', async () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  const writer = new JsonlWriter(path);
  for (let i = 0; i < 20_000; i++) writer.append({ i });
  expect(writer.size).toBeGreaterThan(100_000);
  writer.close();
  await sleep(0);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).i)).toEqual(
    Array.from({ length: 20_000 }, (_, i) => i),
  );
});
