import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cases } from '../../scripts/bench/cases.mjs';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';

const file = new URL('../../scripts/bench/architectures.json', import.meta.url);
const sets = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown[]>;

const searching = Object.entries(cases).filter(([, { space }]) => space !== undefined);

test.each(searching)('the architectures of the case %s are all of its space', (_, one) => {
  const config = resolveConfig({ space: one.space, preset: 'paper', config: one.config });
  const space = spaceOf(config);
  const architectures = sets[one.architectures!]!;
  for (const arch of architectures) {
    expect(space.archSchema.parse(arch)).toEqual(arch);
    expect(space.decode(space.encode(arch))).toEqual(arch);
  }
  expect(new Set(architectures.map((arch) => JSON.stringify(space.canonical(arch)))).size).toBe(
    architectures.length,
  );
});

test.each(searching)('the case %s times architectures that there are', (_, one) => {
  if (one.kind !== 'step') return expect(one.timed.length).toBeGreaterThan(0);
  for (const index of one.timed) expect(sets[one.architectures!]![index as number]).toBeDefined();
  expect(one.eagerTimed ?? 1).toBeLessThanOrEqual(one.timed.length);
});

test('there are 8 macro, 8 micro and 4 recurrent architectures, and 20 to reward', () => {
  const sizes = Object.entries(sets).map(([name, set]) => [name, set.length]);
  expect(Object.fromEntries(sizes)).toEqual({ macro: 8, micro: 8, recurrent: 4, reward: 20 });
});
