import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Outcome, Spawned } from '../cli/spawned.ts';
import { temporaryFolder } from '../run/temporary.ts';

const pathOf = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** An example in a process of its own. */
export const begin = (name: string, words: readonly string[], cwd = temporaryFolder()) =>
  new Spawned([pathOf(name), ...words], cwd);

export const run = (name: string, words: readonly string[]): Promise<Outcome> =>
  begin(name, words).outcome();

/** How many of some digits an architecture has. */
const count = (key: string, digit: string) => key.split(digit).length - 1;

/** Accuracy and multiply-adds of an architecture of the table: both grow with its digits. */
export const entryOf = (key: string) => ({
  mean_acc: 50 + 4 * count(key, '1') + 5 * count(key, '2'),
  flops: 1e6 * (10 + 2 * count(key, '1') + 10 * count(key, '2')),
});

/** A table of all architectures of eight decisions of three, as NAS-Bench-Macro has them. */
export function writeTable(): string {
  const digits = Array.from({ length: 3 ** 8 }, (_, i) => i.toString(3).padStart(8, '0'));
  const path = join(temporaryFolder(), 'table.json');
  writeFileSync(path, JSON.stringify(Object.fromEntries(digits.map((key) => [key, entryOf(key)]))));
  return path;
}
