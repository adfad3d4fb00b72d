import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { publishedMacro } from '../spaces/macro/published.ts';
import { run } from './commandLine.ts';

const micro = '0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1 1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1';
const cell =
  '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|';

async function counted(...words: string[]) {
  const { code, stdout, stderr } = await run(['params', ...words, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(stdout) as {
    total: number;
    auxiliary: number;
    parts: Record<string, number>;
  };
  expect(Object.keys(result)).toEqual(['total', 'auxiliary', 'parts']);
  expect(Object.values(result.parts).reduce((a, b) => a + b, 0)).toBe(result.total);
  return result;
}

test.each([
  ['96', 'depthwise', 30_947_424],
  ['96', 'full', 42_559_392],
  ['36', 'depthwise', 4_373_604],
  ['36', 'full', 5_997_852],
])(
  'the published macro network with %s filters and %s separable convolutions',
  async (filters, separable, total) => {
    const file = join(temporaryFolder(), 'published.txt');
    writeFileSync(file, publishedMacro);
    const network = ['--filters', filters, '--merge', 'after', '--separable', separable];
    const place = ['--space', 'macro', '--format', 'authors-macro', '--arch', file];
    const result = await counted(...place, '--layers', '24', ...network);
    expect(result).toMatchObject({ total, auxiliary: 0 });
    expect(await counted('--arch', file, ...network)).toEqual(result);
  },
);

test('the parts of the published macro network, and what its batch norms after skips are', async () => {
  const words = ['--arch', publishedMacro, '--space', 'macro', '--merge', 'after'];
  const full = [...words, '--filters', '96', '--separable', 'full'];
  const { total, parts } = await counted(...full);
  expect(parts).toEqual({
    stem: 2_784,
    ops: 29_955_072,
    skip: 11_161_920,
    reductions: 1_435_776,
    linear: 3_840,
  });
  const without = await counted(...full, '--no-skip-bn');
  expect(total - without.total).toBe(2 * (7 * 96 + 8 * 192 + 8 * 384));
});

test.each([
  ['15', 3_894_372],
  ['18', 4_587_372],
])('the published micro cells in %s layers, the auxiliary head apart', async (layers, total) => {
  const place = ['--space', 'micro', '--format', 'authors-micro', '--arch', micro];
  const result = await counted(...place, '--layers', layers, '--filters', '36');
  expect(result).toMatchObject({ total, auxiliary: 494_848 });
  expect(result.parts).not.toHaveProperty('auxiliary');
});

test.each([
  ['authors-rnn', '0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1', '748', 22_027_104],
  ['enas_lm', '0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2', '800', 20_800_000],
])('the published recurrent cell in %s', async (format, text, hidden, total) => {
  const place = ['--space', 'recurrent', '--format', format, '--arch', text];
  const result = await counted(...place, '--hidden', hidden, '--vocab', '10000');
  expect(result).toMatchObject({ total, auxiliary: 0 });
  const half = await counted(...place, '--hidden', hidden, '--vocab', '5000');
  expect(total - half.total).toBe(5000 * Number(hidden));
});

test('a softmax that is tied to the embedding is no part of its own, one that is not is', async () => {
  const words = ['--space', 'recurrent', '--arch', '0 0 1', '--hidden', '8', '--vocab', '100'];
  const tied = await counted(...words);
  expect(tied.parts).toMatchObject({ embedding: 800 });
  expect(tied.parts).not.toHaveProperty('softmax');
  const untied = await counted(...words, '--option', 'tied=false');
  expect(untied.parts).toMatchObject({ embedding: 800, softmax: 800 });
});

test('a cell of NAS-Bench-201, the shape of its images and the number of their classes', async () => {
  expect((await counted('--arch', cell)).total).toBe(1_531_546);
  const grey = await counted('--arch', cell, '--classes', '100', '--image', '1x28x28');
  expect(grey.total).toBe(1_531_546 - 2 * 9 * 16 + 90 * 65);
  const small = await counted('--arch', cell, '--filters', '8', '--option', 'cells=1');
  const edges = [8, 16, 32].reduce((sum, c) => sum + 6 * (9 * c * c + 2 * c), 0);
  expect(small.parts.cells).toBe(edges);
});

test("a run's best.json says all that its network depends on", async () => {
  const { space: stated } = resolveConfig({
    space: 'macro',
    config: { space: { options: { layers: 3, fixed: { filters: 8 } } } },
  });
  const arch = spaceOf({ space: stated }).decode([0, 0, [0], 0, [0, 0]]);
  const file = join(temporaryFolder(), 'best.json');
  writeFileSync(file, JSON.stringify({ version: 1, space: stated, arch, reward: 1 }));
  expect((await counted('--arch', file)).parts.stem).toBe(27 * 8 + 2 * 8);
  expect((await counted('--arch', file, '--filters', '4')).parts.stem).toBe(27 * 4 + 2 * 4);
});

test('without --json a table has multiply-adds too', async () => {
  const { stdout } = await run(['params', '--arch', cell]);
  expect(stdout).toBe(
    [
      '            parameters  multiply-adds per image',
      'stem               464                  442,368',
      'cells        1,458,240              212,336,640',
      'reductions      72,064                7,340,032',
      'last               128                        0',
      'linear             650                      640',
      'total        1,531,546              220,119,680',
      '',
    ].join('\n'),
  );
  const text = await run(['params', '--space', 'recurrent', '--arch', '0 0 1', '--hidden', '8']);
  expect(text.stdout).toMatch(/multiply-adds per token\n/);
  expect(text.stdout).toMatch(/\nsoftmax +tied +80,000\n/);
  const withHead = await run(['params', '--arch', micro, '--space', 'micro']);
  expect(withHead.stdout).toMatch(
    /^total +3,894,372 .*\nauxiliary \(in training only\) +494,848 /m,
  );
});

test.each([
  [
    ['--hidden', '8'],
    '--hidden: expected a space with the option hidden, got nasbench201; the options of nasbench201 are filters, cells, keepProb',
  ],
  [
    ['--layers', '8'],
    '--layers: expected a space with the option layers, got nasbench201; the options of nasbench201 are filters, cells, keepProb',
  ],
  [['--filters', 'many'], '--filters: expected an integer of at least 1, got "many"'],
  [['--vocab', '9'], '--vocab: expected a space for text, got "nasbench201"; leave --vocab out'],
  [['--image', '32x32'], '--image: expected channels x height x width, as in 3x32x32, got "32x32"'],
  [['--classes', '0'], '--classes: expected an integer of at least 1, got 0'],
])('%j says what is wrong with it', async (words, message) => {
  const said = await run(['params', '--space', 'nasbench201', '--arch', cell, ...words]);
  expect(said).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n` });
});

test('a "__proto__" key of an architecture or its options is an unknown key, and no prototype', async () => {
  const file = join(temporaryFolder(), 'best.json');
  const layers =
    '{"op":"sep3x3","skips":[]},{"op":"sep3x3","skips":[]},{"op":"sep3x3","skips":["stem"]';
  const arch = (own: string) => `{"space":"macro","layers":[${layers}${own}}]}`;
  const whole = (of: string, options = '') =>
    `{"version":1,"space":{"name":"macro","options":{"layers":3${options}}},"arch":${of},"reward":0.5}`;
  const proto = ',"__proto__":{"polluted":1}';
  for (const [text, place] of [
    [whole(arch(''), proto), 'space.options.__proto__'],
    [whole(arch(proto)), 'macro architecture.layers[2].__proto__'],
    [arch(proto), 'macro architecture.layers[2].__proto__'],
  ] as const) {
    writeFileSync(file, text);
    const { code, stderr } = await run(['params', '--arch', file]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`${place}: unknown key`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(({} as Record<string, unknown>).polluted).toBe(undefined);
  }
});
