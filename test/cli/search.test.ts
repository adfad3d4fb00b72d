import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { resolveConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { run } from './commandLine.ts';
import { behaviour, calls } from './fakeSearch.ts';

vi.mock('../../src/search/search.ts', () => import('./fakeSearch.ts'));

beforeEach(() => {
  calls.length = 0;
  behaviour.beforeAll = () => {};
  behaviour.afterStep = () => {};
  const before = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => process.chdir(before));
});

const failAfter = (step: number) => (at: number) => {
  if (at === step) throw new Error('the power went');
};

function metrics(folder: string): string[] {
  return readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
}

test('without options it is the quick preset, kept in a new folder of runs/', async () => {
  const { code, stdout, stderr } = await run(['search']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(calls).toEqual([{ config: resolveConfig(), resumedAt: null }]);
  const [name] = readdirSync('runs');
  expect(stdout).toContain(`best architecture  runs/${name}/best.json`);
  expect(JSON.parse(readFileSync(`runs/${name}/config.json`, 'utf8'))).toEqual(resolveConfig());
});

test('options reach the search', async () => {
  writeFileSync('my.json', '{"search": {"theta": {"steps": 3}}}');
  const words =
    '--preset paper --config my.json --epochs 2 --layers 6 --filters 8 --batch 16 --seed 9 ' +
    '--data images:pictures --device cuda:1 --train-limit 100 --out a --quiet';
  expect((await run(['search', ...words.split(' ')])).code).toBe(0);
  const config = calls[0]!.config;
  expect(config).toMatchObject({
    seed: 9,
    device: 'cuda:1',
    data: { spec: 'images:pictures', trainLimit: 100 },
    space: { options: { layers: 6, filters: 8 } },
    search: { epochs: 2, omega: { batch: 16 }, theta: { steps: 3 } },
  });
});

test('with --json the last line is done, with the run and its best architecture', async () => {
  const { stdout, stderr } = await run(['search', '--json', '--out', 'a']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).type)).toEqual([
    'run:start',
    ...Array(4).fill('child:step'),
    'done',
  ]);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ run: 'a', best: { reward: 0.75 } });
  expect(stderr).toBe('');
});

test('a search that cannot begin leaves no folder', async () => {
  behaviour.beforeAll = () => {
    throw new Error('no such data');
  };
  const { code, stderr } = await run(['search', '--out', 'a']);
  expect(code).toBe(1);
  expect(stderr).not.toContain('go on with');
  expect(existsSync('a')).toBe(false);
});

test('a search that fails on its way says how to go on, and goes on from its checkpoint', async () => {
  behaviour.afterStep = failAfter(3);
  const failed = await run(['search', '--seed', '7', '--out', 'my runs/a']);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /^go on with: enas-torch search --resume 'my runs\/a'\nerror: the power went\n/,
  );
  behaviour.afterStep = () => {};
  const { code } = await run(['search', '--resume', 'my runs/a']);
  expect(code).toBe(0);
  expect(calls).toMatchObject([{ resumedAt: null }, { config: { seed: 7 }, resumedAt: 3 }]);
  expect(metrics('my runs/a')).toHaveLength(6);
});

test('Ctrl-C ends with 130 and the command that goes on', async () => {
  behaviour.afterStep = (step) => {
    if (step === 2) process.emit('SIGINT', 'SIGINT');
  };
  const { code, stderr } = await run(['search', '--out', 'a']);
  expect(code).toBe(130);
  expect(stderr).toBe(
    'stopping (Ctrl-C again stops at once)\n' + 'go on with: enas-torch search --resume a\n',
  );
});

test('a run whose newest checkpoint is damaged goes on from the one before', async () => {
  behaviour.afterStep = failAfter(3);
  await run(['search', '--out', 'a']);
  writeFileSync('a/checkpoints/3/state.json', '{');
  behaviour.afterStep = () => {};
  expect((await run(['search', '--resume', 'a'])).code).toBe(0);
  expect(calls[1]!.resumedAt).toBe(2);
  expect(metrics('a')).toHaveLength(6);
});

test('a run without a checkpoint starts over', async () => {
  RunDirectory.create(resolveConfig({ flags: { seed: 5 } }), 'a').close();
  expect((await run(['search', '--resume', 'a'])).code).toBe(0);
  expect(calls).toMatchObject([{ config: { seed: 5 }, resumedAt: null }]);
});

test('--resume without a folder is the run written to last', async () => {
  behaviour.afterStep = failAfter(1);
  await run(['search', '--seed', '3']);
  const [name] = readdirSync('runs');
  behaviour.afterStep = () => {};
  const { code, stdout } = await run(['search', '--resume']);
  expect(code).toBe(0);
  expect(stdout).toContain(`runs/${name}/best.json`);
  expect(calls[1]).toMatchObject({ config: { seed: 3 }, resumedAt: 1 });
});

test.each([
  [['--epochs', '99'], /^error: --epochs: expected \d+, as search\.epochs of a says, got 99; /],
  [['--device', 'cpu'], /^error: --device: expected auto, as device of a says, got "cpu"; /],
  [
    ['--space', 'marco'],
    /^error: --space: expected macro, as space\.name of a says, got "marco"; /,
  ],
  [['--preset', 'paper'], /^error: --preset: expected nothing beside --resume, got "paper"; /],
  [['--config', 'my.json'], /^error: --config: expected nothing beside --resume/],
  [['--out', 'b'], /^error: --out: expected nothing beside --resume/],
])('beside --resume, %j is a conflict named for its option', async (words, message) => {
  RunDirectory.create(resolveConfig(), 'a').close();
  const { code, stderr } = await run(['search', '--resume', 'a', ...words]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(calls).toEqual([]);
  // The refused attempt left the run open to another.
  expect((await run(['search', '--resume', 'a', '--seed', '1'])).code).toBe(0);
});

test('a folder that holds a run already is refused with the command that goes on', async () => {
  await run(['search', '--out', 'a']);
  const { code, stderr } = await run(['search', '--out', 'a']);
  expect(code).toBe(1);
  expect(stderr).toContain('go on with that run by `enas-torch search --resume a`');
  expect(calls).toHaveLength(1);
  mkdirSync('empty');
  expect((await run(['search', '--out', 'empty', '--quiet'])).code).toBe(0);
});
