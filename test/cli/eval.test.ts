import { readFileSync } from 'node:fs';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { RunDirectory } from '../../src/run/directory.ts';
import { bf16IsNative } from '../../src/torch/index.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { syntheticDataset, tinyConfig } from '../search/synthetic.ts';
import { runTrain, tinyTrainConfig } from '../train/running.ts';
import { run } from './commandLine.ts';
import { dataset } from './trainingData.ts';

vi.mock('../../src/learning/loadData.ts', () => import('./trainingData.ts'));

beforeEach(() => {
  const before = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => {
    process.chdir(before);
    dataset.current = undefined;
  });
});

test('the accuracy is the one the training ended with, and those of the classes add up to it', async () => {
  await runTrain('a');
  const { code, stdout } = await run(['eval', 'a', '--json']);
  expect(code).toBe(0);
  const result = JSON.parse(readFileSync('a/result.json', 'utf8'));
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({
    run: 'a',
    data: 'synthetic',
    split: 'test',
    trainedOn: false,
    device: 'cpu',
    precision: 'fp32',
    precisionReason: 'default',
    accuracy: result.testAccuracy,
    images: 50,
    parameters: result.parameters,
    auxiliaryParameters: 0,
    multiplyAdds: result.multiplyAdds,
  });
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const { classes, parts } = found;
  expect(classes.map((one: { class: string }) => one.class)).toEqual(syntheticDataset().classes);
  expect(sum(classes.map((one: { images: number }) => one.images))).toBe(50);
  expect(sum(classes.map((one: { correct: number }) => one.correct)) / 50).toBe(found.accuracy);
  const labels = [...(syntheticDataset().test.labels.toTypedArray() as BigInt64Array)].map(Number);
  classes.forEach((one: { images: number; correct: number; accuracy: number }, c: number) => {
    expect(one.images).toBe(labels.filter((label) => label === c).length);
    expect(one.accuracy).toBe(one.correct / one.images);
  });
  const values = Object.values(parts) as { parameters: number; multiplyAdds: number }[];
  expect(sum(values.map(({ parameters }) => parameters))).toBe(found.parameters);
  expect(sum(values.map(({ multiplyAdds }) => multiplyAdds))).toBe(found.multiplyAdds);
});

test('of the validation split it is that of the kept epoch', async () => {
  await runTrain('a');
  const { stdout } = await run(['eval', 'a', '--split', 'valid', '--json']);
  const { validAccuracy } = JSON.parse(readFileSync('a/result.json', 'utf8'));
  expect(JSON.parse(stdout)).toMatchObject({ split: 'valid', accuracy: validAccuracy });
});

test('the table names the split and every class, and says where the network was trained on it', async () => {
  await runTrain('a/train', { config: tinyTrainConfig({ holdOut: false }) });
  const { stdout } = await run(['eval', 'a/train', '--split', 'valid']);
  const lines = stdout.split('\n');
  expect(lines[0]).toBe(
    'a/train on the validation split of synthetic · cpu · precision fp32 (default)',
  );
  expect(lines[1]).toMatch(/^The network was trained on this split/);
  expect(lines[3]).toMatch(/^validation accuracy +\d+\.\d % +\d+ of 50 images$/);
  expect(lines[4]).toMatch(/^ {2}red +\d+\.\d % +\d+ of \d+$/);
  expect(stdout).toMatch(/\n +parameters {2}multiply-adds per image\nstem +[\d,]+ +[\d,]+\n/);
  expect((await run(['eval', 'a/train'])).stdout).not.toContain('was trained on this split');
});

test('a precision that is asked for is taken and named; one that there is not is refused', async () => {
  await runTrain('a');
  const bf16 = await run(['eval', 'a', '--device', 'cpu', '--precision', 'bf16', '--json']);
  expect(JSON.parse(bf16.stdout)).toMatchObject({ precision: 'bf16', precisionReason: 'asked' });
  const table = await run(['eval', 'a', '--device', 'cpu', '--precision', 'bf16']);
  expect(table.stdout.split('\n')[0]).toMatch(/ · cpu · precision bf16 \(asked for\)$/);
  const emulated = 'warning: precision bf16: cpu has no instructions for it';
  expect(table.stderr.startsWith(emulated)).toBe(!bf16IsNative('cpu'));
  expect(await run(['eval', 'a', '--precision', 'bf6'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: --precision: expected one of auto, fp32, bf16, got "bf6"; did you mean bf16?\n',
  });
});

test('a class without images has no accuracy', async () => {
  await runTrain('a');
  const { test: whole, ...rest } = syntheticDataset();
  const { images } = whole;
  dataset.current = { ...rest, test: { images, labels: whole.labels.mul(0) } };
  const { stdout } = await run(['eval', 'a', '--json']);
  expect(JSON.parse(stdout).classes[1]).toEqual({
    class: 'green',
    images: 0,
    correct: 0,
    accuracy: null,
  });
  expect((await run(['eval', 'a'])).stdout).toMatch(/\n {2}green +0 of 0\n/);
});

test('data of other classes or another size is refused with both', async () => {
  await runTrain('a');
  dataset.current = { ...syntheticDataset(), classes: ['red', 'green', 'blue', 'black'] };
  expect((await run(['eval', 'a'])).stderr).toBe(
    'error: synthetic: expected the classes red, green, blue, grey that the network was trained on, ' +
      'got red, green, blue, black; name the data set of the training with --data\n',
  );
  dataset.current = { ...syntheticDataset(), width: 16 };
  expect((await run(['eval', 'a'])).stderr).toMatch(/expected images of 3×8×8 .* got 3×8×16; /);
});

test('without a trained network, and with a wrong split, it says what is missing', async () => {
  RunDirectory.create(tinyConfig(), 'a').close();
  expect((await run(['eval', 'a'])).stderr).toMatch(/^error: a: expected a run with a trained/);
  expect((await run(['eval', 'nowhere'])).stderr).toMatch(/^error: nowhere: .* no such folder/);
  const wrong = await run(['eval', 'a', '--split', 'tests']);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean test?') });
});
