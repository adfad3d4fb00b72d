import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../scripts/bench/service.mjs', import.meta.url));

test('bench:service says how long answers took without and with a search under way', () => {
  const words = [program, '--requests', '40', '--seconds', '1'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const { requests, alone, searching } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  expect(requests).toBe(40);
  for (const { p50, p99, max } of [alone, searching]) {
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
    expect(max).toBeGreaterThanOrEqual(p99);
  }
  expect(searching.events).toBeGreaterThan(0);
});
