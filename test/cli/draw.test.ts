import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import { spaces } from '../../src/spaces/registry.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { run } from './commandLine.ts';

// conv3x3; sep3x3; conv5x5 with the stem and layer0 connected.
const authors = '0\n1 0\n2 1 1\n';
const config = resolveConfig({ space: 'macro', flags: { layers: 3 } });
const space = spaceOf(config);
const arch = space.formats['authors-macro']!.parse(authors);
const picture = space.picture(arch);
const best = { version: 1, space: config.space, arch, reward: 0.5, validAccuracy: 0.5 };

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
  ["a run's best.json", best],
  ['a line of architectures.jsonl', { phase: 'theta', step: 3, epoch: 1, reward: 0.5, arch }],
  ["a training's config.json", { ...config, arch }],
])('%s is drawn', async (_, value) => {
  const { code, stdout } = await run(['draw', fileWith(JSON.stringify(value)), '-o', '-']);
  expect(code).toBe(0);
  expect(stdout).toBe(picture);
});

test("a run's folder stands for the best architecture in it", async () => {
  const folder = join(temporaryFolder(), 'first');
  mkdirSync(folder);
  expect((await run(['draw', folder])).stderr).toBe(
    `error: ${join(folder, 'best.json')}: expected a readable file; there is no such file\n`,
  );
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  expect((await run(['draw', folder])).stderr).toMatch(/config\.json: .*got none under "arch"/);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, arch }));
  expect((await run(['draw', folder, '-o', '-'])).stdout).toBe(picture);
  writeFileSync(join(folder, 'best.json'), JSON.stringify(best));
  expect((await run(['draw', folder, '-o', '-'])).stdout).toBe(picture);
});

test("the authors' integers say themselves how many layers they are", async () => {
  const file = fileWith(authors, 'arch.txt');
  for (const said of [
    ['--space', 'macro'],
    ['--space', 'macro', '--layers', '3'],
    ['--format', 'authors-macro'],
  ]) {
    expect((await run(['draw', file, ...said, '-o', '-'])).stdout).toBe(picture);
  }
  const { code, stderr } = await run(['draw', file, '--space', 'macro', '--layers', '6']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*these are 3 layers: set layers to 3\n$/);
});

test.each(spaces.map((definition) => [definition.name, definition]))(
  'an architecture of the %s space is drawn from its text alone, in each of its formats',
  async (_, definition) => {
    const usual = definition.create(definition.optionsSchema.parse({}));
    const first = usual.decode(
      usual.decisions.map((decision) =>
        decision.kind === 'skips' ? decision.among.map(() => 0) : 0,
      ),
    );
    for (const format of Object.values(usual.formats)) {
      const said = ['--space', definition.name, '--format', format.name];
      const { code, stdout } = await run(['draw', format.print(first), ...said]);
      expect(code).toBe(0);
      expect(stdout).toBe(usual.picture(format.parse(format.print(first))));
    }
  },
);

test.each([
  [
    '{"space": "macro", "layers": [{"op": "conv3x4"}, {"op": "sep3x3"}, {"op": "sep3x3"}]}',
    /macro architecture\.layers\[0\]\.op: .*did you mean conv3x3\?/,
  ],
  ['not an architecture', /expected an architecture \(macro: json, authors-macro; .*--space/],
  ['', /expected an architecture/],
  ['[]', /expected an architecture/],
  ['{"arch": null}', /expected an architecture, got none under "arch"; give the best\.json/],
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
  expect((await run(['draw', file])).stderr).toMatch(
    /^error: .*: space\.name: expected one of macro, .*, got "marco"; did you mean macro\?\n$/,
  );
  const own = fileWith(JSON.stringify(arch));
  const { code, stderr } = await run(['draw', own, '-o', own]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: --output: expected another file/);
  expect(JSON.parse(readFileSync(own, 'utf8'))).toEqual(arch);
});
