import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { isClockField } from '../../src/run/events.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { Spawned } from './spawned.ts';

// Each test runs several programs that load libtorch, beside other tests.
vi.setConfig({ testTimeout: 240_000 });

const settings = {
  space: { options: { layers: 3, filters: 4 } },
  data: { trainLimit: 160 },
  search: {
    epochs: 2,
    omega: { batch: 16 },
    theta: { steps: 3, aggregate: 2, rewardBatch: 16 },
    derive: { samples: 3 },
  },
};

/** A folder with the settings of a search that takes a few seconds. */
function workplace(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'small.json'), JSON.stringify(settings));
  return folder;
}

const search = (folder: string, ...words: string[]) =>
  Spawned.program(['search', '--config', 'small.json', ...words], folder);

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** What a run recorded, without what depends on the clock. */
function record(run: string): unknown[] {
  return jsonLines(readFileSync(join(run, 'metrics.jsonl'), 'utf8')).map((event) =>
    Object.fromEntries(Object.entries(event).filter(([name]) => !isClockField(name))),
  );
}

test('a search, its derivation and its samples, from the command line', async () => {
  const folder = workplace();
  const found = await search(folder, '--json', '--out', 'a').outcome();
  expect(found.stderr).toBe('');
  expect(found.code).toBe(0);
  const events = jsonLines(found.stdout);
  expect(events[0]).toMatchObject({ type: 'run:start', run: 'a', epochs: 2, stepsPerEpoch: 10 });
  const best = events.at(-1)!;
  expect(best).toMatchObject({ type: 'done', run: 'a' });
  const recorded = JSON.parse(readFileSync(join(folder, 'a/best.json'), 'utf8'));
  expect(recorded).toMatchObject(best.best as object);
  expect(readFileSync(join(folder, 'a/best.svg'), 'utf8')).toContain('<svg');
  expect(record(join(folder, 'a'))).toHaveLength(
    events.filter(({ type }) => type !== 'checkpoint').length,
  );

  const derived = await Spawned.program(
    ['derive', 'a', '--samples', '5', '--json'],
    folder,
  ).outcome();
  expect(derived.code).toBe(0);
  const scored = jsonLines(derived.stdout);
  const five = Array(5).fill('arch:scored');
  expect(scored.map(({ type }) => type)).toEqual(['derive:start', ...five, 'done']);
  const rewards = scored.slice(1, 6).map(({ reward }) => reward as number);
  expect(scored.at(-1)!.best).toMatchObject({ reward: Math.max(...rewards) });

  const words = ['sample', '--run', 'a', '--count', '4', '--json'];
  const sampled = await Spawned.program(words, folder).outcome();
  const architectures = jsonLines(sampled.stdout);
  expect(architectures).toHaveLength(4);
  expect(architectures[0]).toMatchObject({ space: 'macro' });
});

test('stopped by Ctrl-C and taken up again, a run is the run it would have been', async () => {
  const folder = workplace();
  await search(folder, '--quiet', '--out', 'whole').outcome();

  const stopped = search(folder, '--json', '--out', 'halved');
  await stopped.shows('"stepInEpoch":4');
  stopped.child.kill('SIGINT');
  const { code, stderr } = await stopped.outcome();
  expect(code).toBe(130);
  expect(stderr).toContain('go on with: enas-torch search --resume halved\n');
  expect(existsSync(join(folder, 'halved/best.json'))).toBe(false);

  const resumed = await Spawned.program(
    ['search', '--resume', 'halved', '--quiet'],
    folder,
  ).outcome();
  expect(resumed.stderr).toBe('');
  expect(resumed.code).toBe(0);
  expect(record(join(folder, 'halved'))).toEqual(record(join(folder, 'whole')));
  for (const file of ['best.json', 'architectures.jsonl']) {
    const [one, other] = ['halved', 'whole'].map((run) =>
      readFileSync(join(folder, run, file), 'utf8'),
    );
    expect(one).toBe(other);
  }
});

test('killed, a run goes on from its last checkpoint, and not before', async () => {
  const folder = workplace();
  const killed = search(folder, '--json', '--out', 'a');
  await killed.shows('"type":"checkpoint"');
  killed.child.kill('SIGSTOP');
  const second = await Spawned.program(['search', '--resume', 'a', '--json'], folder).outcome();
  expect(second).toEqual({
    code: 1,
    stdout: '',
    stderr: `error: a is in use by process ${killed.child.pid}; wait for it to end, or stop it\n`,
  });
  killed.child.kill('SIGKILL');
  await killed.outcome();
  const resumed = await Spawned.program(['search', '--resume', '--json'], folder).outcome();
  expect(resumed.stderr).toContain('runs: expected a run of `search` to go on with, got none');
  const named = await Spawned.program(['search', '--resume', 'a', '--json'], folder).outcome();
  expect(named.code).toBe(0);
  expect(jsonLines(named.stdout).at(-1)).toMatchObject({ type: 'done', run: 'a' });
});

test('a reader that closes the pipe early does not end the run', async () => {
  const folder = workplace();
  const spawned = search(folder, '--json', '--out', 'a');
  await spawned.shows('run:start');
  spawned.child.stdout!.destroy();
  const { code, stderr } = await spawned.outcome();
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(existsSync(join(folder, 'a/best.json'))).toBe(true);
});

test('data that is not there is one line, and no folder is left', async () => {
  const folder = workplace();
  const { code, stderr } = await search(folder, '--data', 'images:nowhere', '--out', 'a').outcome();
  expect(code).not.toBe(0);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/^error: .*nowhere/);
  expect(existsSync(join(folder, 'a'))).toBe(false);
});
