import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunDirectory } from '../../src/run/directory.ts';
import { loadModel } from '../../src/train/model.ts';
import type { ClassifyOptions } from '../../src/use/classify.ts';
import { classifyFiles } from '../../src/use/classifyFiles.ts';
import { plain, put } from '../data/imageFixtures.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { tinyTrainConfig } from '../train/running.ts';
import { imageRun } from '../use/runs.ts';
import { run } from './commandLine.ts';

/** Two images and, if asked for, a text that claims to be one. */
async function photos({ broken = false } = {}): Promise<string> {
  const folder = temporaryFolder();
  await put(folder, 'a.png', plain([200, 0, 0]));
  await put(folder, 'later/c.jpg', plain([0, 0, 200], 30, 20));
  if (broken) writeFileSync(join(folder, 'b.png'), 'no image');
  return folder;
}

/** What the library says of the files in a folder. */
async function predictions(path: string, folder: string, options: ClassifyOptions) {
  const model = await loadModel(path, { device: 'cpu' });
  const found = [];
  for await (const one of classifyFiles(model, [folder], options)) {
    if ('classes' in one) found.push(one);
  }
  return found;
}

test('each image has a row with its class and the probability', async () => {
  const [path, folder] = [await imageRun(), await photos()];
  const { code, stdout, stderr } = await run(['predict', path, folder, '--device', 'cpu']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [a, c] = await predictions(path, folder, { top: 1 });
  const rows = stdout.trimEnd().split('\n');
  expect(rows.map((row) => row.split(/ {2,}/))).toEqual(
    [a!, c!].map(({ file, classes: [best] }) => [
      file,
      best!.class,
      `${(100 * best!.probability).toFixed(1)} %`,
    ]),
  );
  expect(rows[0]).toHaveLength(rows[1]!.length);
});

test('a precision that is asked for is named on standard error, and moves no probability far', async () => {
  const [path, folder] = [await imageRun(), await photos()];
  const words = ['predict', path, folder, '--device', 'cpu', '--json'];
  const best = ({ stdout }: { stdout: string }) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).probability as number);
  const fp32 = best(await run(words));
  const asked = await run([...words, '--precision', 'bf16']);
  expect(asked.stderr).toMatch(/^cpu · precision bf16 \(asked for\)\n/);
  const bf16 = best(asked);
  expect(bf16).not.toEqual(fp32);
  bf16.forEach((probability, i) => {
    expect(Math.abs(probability - fp32[i]!)).toBeLessThan(2e-2);
  });
});

test('with --top and --json each is an object with its most probable classes', async () => {
  const [path, folder] = [await imageRun(), await photos()];
  const words = ['predict', path, join(folder, 'later'), join(folder, 'a.png')];
  const { stdout } = await run([...words, '--json', '--top', '2', '--batch', '1']);
  const [a, c] = await predictions(path, folder, { top: 2, batch: 1 });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    [c!, a!].map(({ file, classes }) => ({ file, ...classes[0], top: classes })),
  );
});

test.each([[[]], [['--json']]])('a broken image is named, the others told %j', async (words) => {
  const [path, folder] = [await imageRun(), await photos({ broken: true })];
  const broken = await run(['predict', path, folder, ...words]);
  const whole = ['a.png', 'later/c.jpg'].map((name) => join(folder, name));
  const plain = await run(['predict', path, ...whole, ...words]);
  expect(broken.code).toBe(1);
  expect(broken.stdout).toBe(plain.stdout);
  const [first, last, ...more] = broken.stderr.trimEnd().split('\n');
  expect(first).toMatch(/^error: .*b\.png: expected an image that can be decoded/);
  expect(last).toBe('error: 1 of 3 images cannot be read; the others are classified');
  expect(more).toEqual([]);
});

test('no image, no run, nothing trained: one line each', async () => {
  const [path, empty] = [await imageRun(), temporaryFolder()];
  const none = await run(['predict', path]);
  expect(none).toMatchObject({ code: 2, stderr: "error: missing required argument 'image'\n" });
  const without = await run(['predict', path, empty]);
  expect(without.code).toBe(1);
  expect(without.stderr).toMatch(
    /^error: .*: expected a folder with images, got none in it or below; .*\n$/,
  );
  const nowhere = await run(['predict', join(empty, 'none'), 'a.png']);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toMatch(/^error: .*none: expected the folder of a run.*\n$/);
  const untrained = join(empty, 'untrained');
  RunDirectory.create(tinyTrainConfig(), untrained).close();
  expect((await run(['predict', untrained, 'a.png'])).stderr).toMatch(
    /^error: .*: expected a run with a trained network; .*\n$/,
  );
});

test.each([
  [['--top', '0'], 'error: --top: expected an integer of at least 1, got 0\n'],
  [['--top', 'all'], 'error: --top: expected an integer of at least 1, got "all"\n'],
  [['--batch', '0.5'], 'error: --batch: expected an integer of at least 1, got 0.5\n'],
])('%j is refused', async (words, stderr) => {
  expect(await run(['predict', 'runs/a', 'a.png', ...words])).toEqual({
    code: 2,
    stdout: '',
    stderr,
  });
});

test('a device that there is not is refused', async () => {
  const path = await imageRun();
  const { code, stderr } = await run(['predict', path, 'a.png', '--device', 'cuda:63']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: device: .*got cuda:63 where there are .*\n$/);
});
