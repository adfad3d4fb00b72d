import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { run } from './commandLine.ts';

// conv3x3; sep3x3; conv5x5 with the stem and layer0 connected.
const authors = '0\n1 0\n2 1 1\n';
const config = resolveConfig({ flags: { layers: 3 } });
const space = spaceOf(config);
const arch = space.formats['authors-macro']!.parse(authors);
const picture = space.picture(arch);

function fileWith(text: string, name = 'arch.json'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}

test('an architecture of its own number of layers is drawn beside its file', async () => {
  const file = fileWith(JSON.stringify(arch));
  const output = file.replace('.json', '.svg');
  expect(await run(['draw', file])).toEqual({ code: 0, stdout: `${output}\n`, stderr: '' });
  expect(readFileSync(output, 'utf8')).toBe(picture);
  expect(picture).toContain('<svg');
});

test.each([
  ["a run's best.json", { version: 1, space: config.space, arch, reward: 0.5, validAccuracy: 0.5 }],
  ['a line of architectures.jsonl', { phase: 'theta', step: 3, epoch: 1, reward: 0.5, arch }],
])('%s is drawn', async (_, value) => {
  const { code, stdout } = await run(['draw', fileWith(JSON.stringify(value)), '-o', '-']);
  expect(code).toBe(0);
  expect(stdout).toBe(picture);
});

test("the authors' integers are drawn once the number of layers is said", async () => {
  const file = fileWith(authors, 'arch.txt');
  expect((await run(['draw', file, '--layers', '3', '-o', '-'])).stdout).toBe(picture);
  const named = ['draw', file, '--layers', '3', '--format', 'authors-macro', '-o', '-'];
  expect((await run(named)).stdout).toBe(picture);
  const { code, stderr } = await run(['draw', file]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*these are 3 layers: set layers to 3\n$/);
});

test.each([
  [
    '{"space": "macro", "layers": [{"op": "conv3x4"}, {"op": "sep3x3"}, {"op": "sep3x3"}]}',
    /did you mean conv3x3\?/,
  ],
  ['not an architecture', /expected an architecture of the macro space as json, authors-macro; /],
  ['', /expected an architecture/],
  ['[]', /expected an architecture/],
  ['{"arch": null}', /expected an architecture/],
])('%s is refused and nothing is written', async (text, message) => {
  const file = fileWith(text);
  const { code, stderr } = await run(['draw', file]);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(existsSync(file.replace('.json', '.svg'))).toBe(false);
});

test('an unknown space in the file, and a picture over the file itself, are refused', async () => {
  const file = fileWith('{"space": "marco", "layers": []}');
  expect((await run(['draw', file])).stderr).toBe(
    `error: ${file}: space.name: expected one of macro, got "marco"; did you mean macro?\n`,
  );
  const own = fileWith(JSON.stringify(arch));
  const { code, stderr } = await run(['draw', own, '-o', own]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: --output: expected another file/);
  expect(JSON.parse(readFileSync(own, 'utf8'))).toEqual(arch);
});
