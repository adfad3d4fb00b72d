import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { RunEvent } from '../../src/run/events.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { metricsOf, tinyConfig } from '../search/synthetic.ts';
import { run } from './commandLine.ts';
import { interruptAt } from './interrupting.ts';

vi.mock('../../src/learning/loadData.ts', () => import('./trainingData.ts'));

beforeEach(() => {
  const before = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => process.chdir(before));
  const config = tinyConfig({
    space: { options: { layers: 3, filters: 4, fixed: { filters: 4 } } },
    search: { epochs: 1 },
    train: { epochs: 2, batch: 16 },
  } as object);
  writeFileSync('small.json', JSON.stringify(config));
});

const whole = (out: string, ...words: string[]) => [
  'run',
  '--config',
  'small.json',
  '--out',
  out,
  ...words,
];

const eventsOf = (text: string): RunEvent[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

test('searches, derives, trains and tests in one folder; the last event is train:done', async () => {
  const { code, stdout, stderr } = await run(whole('a', '--train-epochs', '3', '--json'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = eventsOf(stdout);
  const landmarks = ['run:start', 'epoch:end', 'done', 'train:start', 'train:epoch', 'train:done'];
  expect(events.map(({ type }) => type).filter((type) => landmarks.includes(type))).toEqual([
    'run:start',
    'epoch:end',
    'done',
    'train:start',
    ...Array(3).fill('train:epoch'),
    'train:done',
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'train:done', run: 'a/train' });
  expect(json('a/config.json').arch).toBe(null);
  expect(json('a/train/config.json')).toEqual({
    ...json('a/config.json'),
    arch: json('a/best.json').arch,
  });
});

test('the report names every number for what it is', async () => {
  const { stdout } = await run(whole('a', '--quiet'));
  const best = json('a/best.json');
  const result = json('a/train/result.json');
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const spaced = stdout.replaceAll(/ {2,}/g, '  ');
  for (const line of [
    `reward  ${percent(best.reward)}  accuracy on one validation minibatch`,
    `validation accuracy  ${percent(best.validAccuracy)}  over the whole validation split\n`,
    `network trained from scratch, with its parameters of epoch ${result.epoch}:`,
    `validation accuracy  ${percent(result.validAccuracy)}  over the whole validation split, by which the epoch was chosen`,
    `test accuracy  ${percent(result.testAccuracy)}  over the whole test split, looked at once`,
  ]) {
    expect(spaced).toContain(line);
  }
});

test.each([
  ['in the search', '"type":"child:step","step":3'],
  ['while deriving', '"phase":"derive"'],
  ['between search and training', '"type":"train:start"'],
  ['in the training', '"type":"train:step","step":8'],
])('stopped %s and resumed, equals the run never stopped', async (_, text) => {
  await run(whole('whole', '--quiet'));
  const stopped = await interruptAt(text, whole('halved', '--json'));
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('go on with: enas-torch run --resume halved\n');
  expect(existsSync('halved/train/result.json')).toBe(false);
  const resumed = await run(['run', '--resume', 'halved', '--quiet']);
  expect(resumed.code).toBe(0);
  expect(metricsOf('halved')).toEqual(metricsOf('whole'));
  expect(metricsOf('halved/train')).toEqual(metricsOf('whole/train'));
  for (const file of ['best.json', 'train/result.json', 'train/model.safetensors']) {
    expect(readFileSync(`halved/${file}`)).toEqual(readFileSync(`whole/${file}`));
  }
});

test('a search that was finished is taken up with the training of what it found', async () => {
  await run(['search', '--config', 'small.json', '--out', 'a', '--quiet']);
  const best = readFileSync('a/best.json', 'utf8');
  const { code, stdout } = await run(['run', '--resume', 'a', '--json']);
  expect(code).toBe(0);
  expect(eventsOf(stdout)[0]!.type).toBe('train:start');
  expect(readFileSync('a/best.json', 'utf8')).toBe(best);
  expect(json('a/train/config.json').arch).toEqual(JSON.parse(best).arch);
});

test('a finished run tells its result again', async () => {
  const first = await run(whole('a', '--quiet'));
  expect(await run(['run', '--resume', 'a', '--quiet'])).toEqual(first);
  const { stderr } = await run(['train', '--resume', 'a']);
  expect(stderr).toContain('go on with that run by `enas-torch run --resume a`');
});

test('beside --resume, other epochs of the training are a conflict', async () => {
  await interruptAt('"type":"child:step"', whole('a', '--json'));
  const { code, stderr } = await run(['run', '--resume', 'a', '--train-epochs', '9']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: --train-epochs: expected 2, as train\.epochs of a says, got 9; /);
});
