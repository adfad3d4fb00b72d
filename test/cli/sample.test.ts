import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { run } from './commandLine.ts';

const space = spaceOf(resolveConfig({ flags: { layers: 6 } }));
const sample = (...words: string[]) => run(['sample', '--layers', '6', ...words]);

function architectures(stdout: string): unknown[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => space.archSchema.parse(JSON.parse(line)));
}

test('architectures of the space are printed, as many as asked for, one a line with --json', async () => {
  const { code, stdout, stderr } = await sample('--count', '20', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const found = architectures(stdout);
  expect(found).toHaveLength(20);
  expect(new Set(found.map((arch) => JSON.stringify(arch))).size).toBeGreaterThan(15);
});

test('one seed gives the same architectures in every form, another seed others', async () => {
  const json = await sample('--count', '3', '--seed', '5', '--json');
  const text = await sample('--count', '3', '--seed', '5');
  const format = space.formats['authors-macro']!;
  const read = text.stdout.split('\n\n').map((part) => format.parse(part));
  expect(read).toEqual(architectures(json.stdout));
  expect((await sample('--count', '3', '--seed', '6', '--json')).stdout).not.toBe(json.stdout);
});

test('the settings of a file are used', async () => {
  const file = join(temporaryFolder(), 'my.json');
  writeFileSync(file, '{"space": {"options": {"layers": 9}}}');
  const { stdout } = await run(['sample', '--config', file, '--json']);
  expect(JSON.parse(stdout).layers).toHaveLength(9);
});

test('what cannot stand beside --run, and a run without a checkpoint, are errors', async () => {
  const folder = join(temporaryFolder(), 'a');
  RunDirectory.create(resolveConfig(), folder).close();
  const beside = await run(['sample', '--run', folder, '--preset', 'paper']);
  expect(beside.stderr).toBe(
    'error: --preset: expected nothing beside --run, got "paper"; leave it out\n',
  );
  expect((await run(['sample', '--run', folder, '--layers', '3'])).stderr).toMatch(
    /^error: --layers: expected \d+, as space\.options\.layers of /,
  );
  const without = await run(['sample', '--run', folder]);
  expect(without.code).toBe(1);
  expect(without.stderr.trimEnd().split('\n')).toHaveLength(1);
});
