import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../src/run/config.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { run } from './commandLine.ts';

test('a complete preset is printed, and given back as --config it stays what it is', async () => {
  const { code, stdout } = await run(['config', '--space', 'macro', '--preset', 'paper']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(resolveConfig({ space: 'macro', preset: 'paper' }));
  const file = join(temporaryFolder(), 'my.json');
  writeFileSync(file, stdout);
  expect((await run(['config', '--config', file])).stdout).toBe(stdout);
});

test('options go over the file, the file over the preset', async () => {
  const file = join(temporaryFolder(), 'my.json');
  writeFileSync(file, '{"seed": 3, "search": {"epochs": 7}, "data": {"trainLimit": 50}}');
  const argv = [
    'config',
    '--config',
    file,
    '--epochs',
    '9',
    '--layers',
    '6',
    '--preset',
    'authors',
  ];
  const config = JSON.parse((await run(argv)).stdout);
  expect(config).toMatchObject({
    seed: 3,
    search: { epochs: 9, theta: resolveConfig({ preset: 'authors' }).search.theta },
    data: { trainLimit: 50 },
    space: { options: { layers: 6 } },
  });
});

test('every mistake in a file has a line with its place', async () => {
  const file = join(temporaryFolder(), 'my.json');
  writeFileSync(file, '{"epochs": 3, "search": {"theta": {"untis": 64, "beta1": 2}}}');
  const { code, stderr } = await run(['config', '--config', file]);
  expect(code).toBe(2);
  expect(stderr.trimEnd().split('\n').sort()).toEqual([
    `error: ${file}: epochs: unknown key; did you mean search.epochs?`,
    `error: ${file}: search.theta.beta1: expected a finite number from 0 to 1, got 2`,
    `error: ${file}: search.theta.untis: unknown key; did you mean search.theta.units?`,
  ]);
});

test.each(['[]', '3', 'null', '{"a": }', ''])('a file that holds %j is refused', async (text) => {
  const file = join(temporaryFolder(), 'my.json');
  writeFileSync(file, text);
  const { code, stderr } = await run(['config', '--config', file]);
  expect(code).toBe(2);
  expect(stderr.startsWith(`error: ${file}: expected `)).toBe(true);
});

test('--sources says of each setting where it comes from, as a table and as JSON', async () => {
  const file = join(temporaryFolder(), 'my.json');
  writeFileSync(file, '{"data": {"trainLimit": 50}}');
  const words = ['config', '--config', file, '--epochs', '9', '--preset', 'paper', '--sources'];
  const table = await run(words);
  expect({ code: table.code, stderr: table.stderr }).toEqual({ code: 0, stderr: '' });
  const lines = table.stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^path +value +source$/);
  expect(lines).toContainEqual(expect.stringMatching(/^search\.epochs +9 +--epochs$/));
  const limit = lines.find((line) => line.startsWith('data.trainLimit '))!;
  expect(limit.split(/ {2,}/)).toEqual(['data.trainLimit', '50', file]);
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^search\.omega\.lr\.schedule +"cosine" +Pham et al\. 2018, section 3\.2/,
    ),
  );

  const values = JSON.parse((await run([...words, '--json'])).stdout);
  expect(values).toHaveLength(lines.length - 1);
  expect(values).toContainEqual({ path: 'data.trainLimit', value: 50, source: file });
});

test('the help has examples', async () => {
  const { stdout } = await run(['config', '--help']);
  expect(stdout).toMatch(/Examples:\n {2}\$ enas-torch config /);
});
