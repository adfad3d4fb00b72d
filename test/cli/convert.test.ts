import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import { spaces } from '../../src/spaces/registry.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { architecturesOf } from '../spaces/architectures.ts';
import { publishedMacro } from '../spaces/macro/published.ts';
import { run } from './commandLine.ts';
import { Spawned } from './spawned.ts';

const cell =
  '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|';

function fileWith(text: string, name = 'arch.txt'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}

test('the published macro network goes to JSON and back, its 24 layers taken from the text', async () => {
  const file = fileWith(publishedMacro);
  const json = await run(['convert', file, '--from', 'authors-macro', '--to', 'json']);
  expect(json).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(json.stdout).layers).toHaveLength(24);
  const back = await run(['convert', json.stdout, '--from', 'json', '--to', 'authors-macro']);
  expect(back).toEqual({ code: 0, stdout: publishedMacro, stderr: '' });
});

test('the text itself can be given, and its format found out', async () => {
  const { stdout } = await run(['convert', cell, '--to', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({
    space: 'nasbench201',
    edges: { node2: { node1: 'avg_pool_3x3' } },
  });
  expect((await run(['convert', stdout, '--to', 'nasbench201'])).stdout).toBe(`${cell}\n`);
});

test('with -o the text goes to a file and nowhere else', async () => {
  const output = join(temporaryFolder(), 'cell.json');
  const said = await run(['convert', cell, '--to', 'json', '-o', output]);
  expect(said).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(output, 'utf8')).toBe((await run(['convert', cell, '--to', 'json'])).stdout);
});

test.each<[string, string[], string, unknown]>([
  [
    'three layers',
    ['--space', 'macro'],
    '0\n1 0\n2 1 1\n',
    { space: 'macro', layers: { length: 3 } },
  ],
  [
    'a pair of cells of two blocks',
    ['--space', 'micro'],
    '0 0 1 1 2 4 0 2 1 3 1 3 0 0 2 1',
    { normal: { length: 2 }, reduce: { length: 2 } },
  ],
  [
    'a cell of eight nodes and an implicit one',
    ['--from', 'enas_lm'],
    '0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2',
    { space: 'recurrent', nodes: { length: 9 } },
  ],
  [
    'a dag.json of three nodes',
    [],
    '{"-1":[[0,"tanh"]],"-2":[[0,"tanh"]],"0":[[1,"ReLU"],[2,"tanh"]],"1":[[3,"avg"]],"2":[[3,"avg"]],"3":[[4,"h[t]"]]}',
    { space: 'recurrent', nodes: { length: 3 } },
  ],
])('the size of %s is taken from its text', async (_, words, text, expected) => {
  const { code, stdout } = await run(['convert', text, ...words, '--to', 'json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject(expected as object);
});

test('a text that fits several things is not guessed', async () => {
  expect(await run(['convert', '0 1 0 2 1 1', '--to', 'json'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: the text given: expected an architecture in one format, got a text that fits ' +
      'authors-macro (macro), enas_lm (recurrent); say which with --space or --from\n',
  });
});

test("a run's best.json is read with the options that it states", async () => {
  const { space: stated } = resolveConfig({ space: 'macro', flags: { layers: 3 } });
  const arch = spaceOf({ space: stated }).decode([0, 1, [1], 2, [0, 1]]);
  const file = fileWith(JSON.stringify({ version: 1, space: stated, arch, reward: 1 }));
  const { stdout } = await run(['convert', file, '--to', 'authors-macro']);
  expect(stdout).toBe('0\n1 1\n2 0 1\n');
});

test('of each space, what json holds comes back from every format that does not refuse it', async () => {
  for (const definition of spaces) {
    const space = definition.create(definition.optionsSchema.parse({}));
    for (const arch of fc.sample(architecturesOf(space), 4)) {
      const json = space.formats.json!.print(arch);
      for (const to of Object.keys(space.formats)) {
        const there = await run(['convert', json, '--to', to]);
        if (there.code !== 0) {
          expect(there).toMatchObject({ code: 1, stdout: '' });
          continue;
        }
        const place = ['--space', definition.name, '--from', to];
        const back = await run(['convert', there.stdout, ...place, '--to', 'json']);
        expect(space.canonical(JSON.parse(back.stdout))).toEqual(space.canonical(arch));
      }
    }
  }
});

test.each([
  [
    'a format that no space has',
    [cell, '--from', 'nasbench20', '--to', 'json'],
    2,
    /^error: --from: expected one of .*did you mean nasbench201\?\n$/,
  ],
  [
    'a target of another space',
    [cell, '--to', 'authors-macro'],
    2,
    /^error: --to: expected one of json, nasbench201, got "authors-macro"\n$/,
  ],
  [
    'an operator that there is not',
    [cell.replace('none', 'non'), '--from', 'nasbench201', '--to', 'json'],
    1,
    /^error: nasbench201: edge 2→3 \(character \d+\): .*did you mean none\?\n$/,
  ],
  [
    'one number too few',
    [publishedMacro.slice(0, -3), '--space', 'macro', '--to', 'json'],
    1,
    /got 299\n$/,
  ],
  [
    "a mistake among another size's numbers",
    [publishedMacro.replace('3 0', '9 0'), '--space', 'macro', '--to', 'json'],
    1,
    /number 2 \(operator of layer 1\): expected an integer from 0 to 5, got "9"\n$/,
  ],
  [
    "a file's name that is none",
    ['none.txt', '--to', 'json'],
    2,
    /^error: none\.txt: expected a readable file; there is no such file\n$/,
  ],
  [
    'an option that the space lacks',
    [cell, '--option', 'cels=2', '--space', 'nasbench201', '--to', 'json'],
    2,
    /^error: --option cels: .*did you mean cells\?\n$/,
  ],
  [
    'an option without a value',
    [cell, '--option', 'cells', '--to', 'json'],
    2,
    /^error: --option: expected name=value, got "cells"\n$/,
  ],
  [
    'a value that the option cannot have',
    [cell, '--option', 'cells=0', '--to', 'json'],
    2,
    /^error: --option cells: expected an integer of at least 1, got 0\n$/,
  ],
  ['no target', [cell], 2, /^error: required option '--to <format>' not specified\n$/],
])('%s is refused in one line, and nothing is written', async (_, words, code, message) => {
  const output = join(temporaryFolder(), 'out.json');
  const said = await run(['convert', ...words, '-o', output]);
  expect(said).toMatchObject({ code, stdout: '' });
  expect(said.stderr).toMatch(message);
  expect(existsSync(output)).toBe(false);
});

test('standard input is read for -, and no addon is loaded', async () => {
  const main = new URL('../../dist/cli/main.js', import.meta.url).href;
  const [program] = [fileURLToPath(new URL('../../bin/enas-torch.js', import.meta.url))];
  const folder = temporaryFolder();
  const piped = new Spawned(
    [
      '--input-type=module',
      '-e',
      `import { execFileSync } from 'node:child_process';
       const words = [${JSON.stringify(program)}, 'convert', '-', '--to', 'nasbench201'];
       process.stdout.write(execFileSync(process.execPath, words, { input: ${JSON.stringify(cell)} }));`,
    ],
    folder,
  );
  expect((await piped.outcome()).stdout).toBe(`${cell}\n`);
  const spawned = Spawned.script(
    `import { main } from ${JSON.stringify(main)};
     await main(['convert', ${JSON.stringify(cell)}, '--to', 'json']);
     await main(['params', '--arch', ${JSON.stringify(cell)}]);
     await main(['draw', ${JSON.stringify(cell)}]);
     const loaded = process.report.getReport().sharedObjects.map(String);
     console.error('addons:', loaded.filter((path) => path.endsWith('.node')).length);`,
    folder,
  );
  expect((await spawned.outcome()).stderr).toBe('addons: 0\n');
});
