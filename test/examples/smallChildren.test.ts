import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../run/temporary.ts';
import { begin } from './running.ts';

it('examples/small-children.mjs says what children had, and keeps the one found', async () => {
  const folder = temporaryFolder();
  const words = ['--epochs', '2', '--train-limit', '128'];
  const { code, stdout, stderr } = await begin('small-children.mjs', words, folder).outcome();
  expect([code, stderr]).toEqual([0, '']);
  const [title, first, second, found, arch] = stdout.trimEnd().split('\n');
  expect(title).toMatch(/^epoch +accuracy +parameters/);
  for (const [i, line] of [first!, second!].entries()) {
    const [epoch, accuracy, parameters] = line.trim().split(/ +/).map(Number);
    expect(epoch).toBe(i + 1);
    expect(accuracy).toBeGreaterThanOrEqual(0);
    expect(accuracy).toBeLessThanOrEqual(1);
    expect(parameters).toBeGreaterThan(100);
  }
  const [, reward, run] = /^best reward (\S+), kept in (\S+)$/.exec(found!)!;
  expect(existsSync(join(folder, run!, 'best.svg'))).toBe(true);
  const best = JSON.parse(readFileSync(join(folder, run!, 'best.json'), 'utf8'));
  expect(best.arch).toEqual(JSON.parse(arch!));
  expect(best.reward).toBeCloseTo(Number(reward), 3);
});
