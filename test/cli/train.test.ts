import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type ResolvedConfig, resolveConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { metricsOf, tinyConfig } from '../search/synthetic.ts';
import { firstArch } from '../train/running.ts';
import { run } from './commandLine.ts';
import { interruptAt } from './interrupting.ts';

vi.mock('../../src/learning/loadData.ts', () => import('./trainingData.ts'));

beforeEach(() => {
  const before = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => process.chdir(before));
});

const configOf = (folder: string): ResolvedConfig =>
  JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));

/** The run of a search that has found an architecture, with settings of its own. */
function searched(path: string): unknown {
  const config = tinyConfig({
    seed: 5,
    data: { spec: 'images:pictures' },
    space: { options: { layers: 3, filters: 4, fixed: { filters: 4, keepProb: 0.7 } } },
    train: { epochs: 2, batch: 16, momentum: 0.8 },
  } as object);
  const arch = firstArch(config);
  const directory = RunDirectory.create(config, path);
  directory.writeBest({ arch, reward: 0.5, validAccuracy: 0.5 });
  directory.close();
  return arch;
}

test("a run's folder: its best architecture is trained under the run's settings", async () => {
  const arch = searched('a');
  const { code, stderr, stdout } = await run(['train', '--arch', 'a', '--out', 'b']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(configOf('b')).toEqual({ ...configOf('a'), arch });
  expect(stdout).toContain('trained parameters  b/model.safetensors');
  expect(stdout).toMatch(/test accuracy +\d+\.\d % {2}over the whole test split, looked at once/);
});

test('options go over what the run says', async () => {
  searched('a');
  writeFileSync('my.json', '{"train": {"weightDecay": 0.5}, "data": {"spec": "images:others"}}');
  const words =
    '--config my.json --epochs 1 --batch 20 --filters 6 --merge sum --separable full ' +
    '--no-skip-bn --option keepProb=0.5 --cutout 4 --seed 9 --train-limit 60 --quiet';
  expect((await run(['train', '--arch', 'a', '--out', 'b', ...words.split(' ')])).code).toBe(0);
  expect(configOf('b')).toMatchObject({
    seed: 9,
    data: { spec: 'images:others', trainLimit: 60 },
    space: {
      options: {
        layers: 3,
        filters: 4,
        fixed: {
          filters: 6,
          merge: 'sum',
          separable: 'full',
          skipBatchNorm: false,
          keepProb: 0.5,
        },
      },
    },
    train: { epochs: 1, batch: 20, momentum: 0.8, weightDecay: 0.5, cutout: 4 },
    search: configOf('a').search,
  });
});

test("a preset that is named goes over the run's way of training, not over its network or data", async () => {
  searched('a');
  const words = '--preset paper --epochs 1 --batch 16 --quiet'.split(' ');
  expect((await run(['train', '--arch', 'a', '--out', 'b', ...words])).code).toBe(0);
  const { train } = resolveConfig({ preset: 'paper' });
  const { space, data, seed } = configOf('a');
  expect(configOf('b')).toMatchObject({
    train: { ...train, epochs: 1, batch: 16 },
    space,
    data,
    seed,
  });
});

test('an architecture as a text is trained under the preset, with as many layers as it has', async () => {
  const words = '--space macro --format authors-macro --filters 4 --epochs 1 --batch 16 --quiet';
  const text = '0\n1 0\n0 1 0';
  const { code } = await run(['train', '--arch', text, '--out', 'b', ...words.split(' ')]);
  expect(code).toBe(0);
  expect(configOf('b')).toMatchObject({
    space: { options: { layers: 3, filters: 16, fixed: { filters: 4 } } },
    arch: { space: 'macro' },
  });
  expect(JSON.parse(readFileSync('b/arch.json', 'utf8'))).toEqual(configOf('b').arch);
});

test('the configuration of a training names its architecture', async () => {
  searched('a');
  await run(['train', '--arch', 'a', '--out', 'b', '--quiet']);
  const again = await run(['train', '--config', 'b/config.json', '--out', 'c', '--quiet']);
  expect(again.code).toBe(0);
  expect(configOf('c')).toEqual(configOf('b'));
  expect(metricsOf('c')).toEqual(metricsOf('b'));
});

test('with --json the last line is train:done, with the run and its result', async () => {
  searched('a');
  const { stdout } = await run(['train', '--arch', 'a', '--out', 'b', '--json']);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0].type).toBe('train:start');
  const { version: _, ...result } = JSON.parse(readFileSync('b/result.json', 'utf8'));
  expect(events.at(-1)).toMatchObject({ type: 'train:done', run: 'b', result });
});

test('Ctrl-C ends with 130 and the command that goes on, to what it would have been', async () => {
  searched('a');
  await run(['train', '--arch', 'a', '--out', 'whole', '--quiet']);
  const words = ['train', '--arch', 'a', '--out', 'halved', '--json'];
  const stopped = await interruptAt('"step":3', words);
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('go on with: enas-torch train --resume halved\n');
  expect(existsSync('halved/result.json')).toBe(false);
  expect((await run(['train', '--resume', 'halved', '--quiet'])).code).toBe(0);
  expect(metricsOf('halved')).toEqual(metricsOf('whole'));
});

test('--resume without a folder is the training written to last, whatever was searched since', async () => {
  searched('a');
  await interruptAt('"step":3', ['train', '--arch', 'a', '--json']);
  const search = RunDirectory.create(tinyConfig(), 'runs/later');
  search.record({
    type: 'warning',
    step: 0,
    epoch: 0,
    time: '',
    elapsed: 0,
    code: '',
    message: '',
  });
  search.close();
  const { code, stdout } = await run(['train', '--resume']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/the run +runs\/.*-seed5\n/);
});

test('a loss that is not finite is an error without a command that would end in the same way', async () => {
  searched('a');
  writeFileSync('wild.json', '{"train": {"lr": {"max": 1e30, "min": 1e30}}}');
  const words = ['train', '--arch', 'a', '--out', 'b', '--config', 'wild.json', '--quiet'];
  const { code, stderr } = await run(words);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: the loss is (NaN|Infinity) at step \d, after going back .* 3 times; lower train\.lr\.max/,
  );
});

test('a search is not resumed as a training, nor a training as a search or derived from', async () => {
  searched('a');
  await run(['train', '--arch', 'a', '--out', 'b', '--quiet']);
  expect(await run(['train', '--resume', 'a'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: a: expected a run that trains one architecture, got the run of a search; ' +
      'go on with that run by `enas-torch search --resume a`\n',
  });
  for (const words of [
    ['search', '--resume', 'b'],
    ['derive', 'b'],
    ['sample', '--run', 'b'],
  ]) {
    const { code, stderr } = await run(words);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'error: b: expected the run of a search, got a run that trains one architecture; ' +
        'go on with that run by `enas-torch train --resume b`\n',
    );
  }
});

test.each([
  [['--epochs', '99'], /^error: --epochs: expected 2, as train\.epochs of b says, got 99; /],
  [['--merge', 'sum'], /^error: --merge: expected nothing beside --resume, got "sum"; /],
  [['--no-skip-bn'], /^error: --no-skip-bn: expected nothing beside --resume, got false; /],
  [['--arch', 'a'], /^error: --arch: expected nothing beside --resume, got "a"; /],
])('beside --resume, %j is a conflict named for its option', async (words, message) => {
  searched('a');
  await interruptAt('"step":3', ['train', '--arch', 'a', '--out', 'b', '--json']);
  const { code, stderr } = await run(['train', '--resume', 'b', ...words]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test.each([
  [[], 'error: --arch: expected a file, '],
  [['--arch', 'none.json'], 'error: none.json: expected a readable file; there is no such file'],
  [['--arch', '0 1', '--space', 'macro'], 'error: the text given: expected an architecture of'],
  [['--arch', 'a', '--hidden', '3'], 'error: --hidden: expected a space with the option hidden'],
  [['--arch', 'a', '--epochs', 'all'], 'error: --epochs: expected an integer of at least 1'],
  [['--arch', 'a', '--cutout', '-1'], 'error: --cutout: expected an integer of at least 0'],
])('%j is refused with what was expected, and leaves no folder', async (words, message) => {
  searched('a');
  const { code, stderr } = await run(['train', '--out', 'b', ...words]);
  expect(code).toBeGreaterThan(0);
  expect(stderr.startsWith(message)).toBe(true);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(existsSync('b')).toBe(false);
});
