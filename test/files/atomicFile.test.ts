import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFileAtomic } from '../../src/files/atomicFile.ts';
import { temporaryFolder } from '../run/temporary.ts';

test('a file is replaced and nothing else is left', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'best.json');
  writeFileSync(path, 'old');
  writeFileAtomic(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['best.json']);
});

test('a failed write leaves what was there and no temporary file', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'taken');
  mkdirSync(join(path, 'inside'), { recursive: true });
  expect(() => writeFileAtomic(path, 'new')).toThrow();
  expect(readdirSync(folder)).toEqual(['taken']);
});
