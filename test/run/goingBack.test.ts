import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { childStep, done, start } from '../report/events.ts';
import { lines } from './lines.ts';
import { temporaryFolder } from './temporary.ts';

const config = resolveConfig({ flags: { layers: 3, seed: 4 } });

test('a run taken back to its beginning has no lines', () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(config, path);
  run.record(start());
  run.record(childStep(1, 1, 2));
  run.rewindTo(null);
  run.record(start());
  run.close();
  expect(lines(join(path, 'metrics.jsonl'))).toHaveLength(1);
});

test('a run that went back is taken up where it went back to, until it writes another checkpoint', async () => {
  const path = join(temporaryFolder(), 'run');
  const metrics = join(path, 'metrics.jsonl');
  const run = RunDirectory.create(config, path);
  const contents = { tensors: {}, state: {} };
  run.record(start());
  for (const step of [10, 20]) {
    run.record(childStep(step / 10, step, 4));
    await run.writeCheckpoint(step, contents);
  }
  const newest = await run.latestCheckpoint();
  run.goBackTo(await run.latestCheckpoint(newest!));
  run.record(childStep(2, 11, 4));
  run.record(childStep(2, 12, 4));
  run.close();

  const again = RunDirectory.open(path);
  expect(await again.newestCheckpoint()).toMatchObject({ step: 20 });
  expect(await again.takeUp()).toMatchObject({ step: 10 });
  expect(lines(metrics)).toHaveLength(2);
  again.goBackTo(null);
  again.record(start());
  again.record(childStep(3, 21, 4));
  again.close();

  const beginning = RunDirectory.open(path);
  expect(await beginning.takeUp()).toBeNull();
  expect(lines(metrics)).toEqual([]);
  beginning.record(start());
  await beginning.writeCheckpoint(15, contents);
  expect(await beginning.latestCheckpoint()).toMatchObject({ step: 15 });
  beginning.close();
  expect(readdirSync(join(path, 'checkpoints'))).toEqual(['15']);
  expect(existsSync(join(path, 'went-back.json'))).toBe(false);
});

test('a run that ended between writing its last checkpoint and removing the oldest keeps three', async () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(config, path);
  const contents = { tensors: {}, state: {} };
  for (const step of [1, 2, 3]) await run.writeCheckpoint(step, contents);
  cpSync(join(path, 'checkpoints', '1'), join(path, 'kept'), { recursive: true });
  await run.writeCheckpoint(4, contents);
  run.close();
  renameSync(join(path, 'kept'), join(path, 'checkpoints', '1'));
  // The removal itself may have been under way.
  mkdirSync(join(path, 'checkpoints', '0'));

  const again = RunDirectory.open(path);
  expect(await again.takeUp()).toMatchObject({ step: 4 });
  again.close();
  expect(readdirSync(join(path, 'checkpoints')).sort()).toEqual(['2', '3', '4']);
});

test('what says where a run went back to is refused where it is damaged', async () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(config, path);
  writeFileSync(join(path, 'went-back.json'), '{"version": 1, "checkpoint": -1}');
  expect(() => run.latestCheckpoint()).toThrow(
    `${path}/went-back.json: checkpoint: expected an integer of at least 0, got -1`,
  );
  run.close();
});

test('a run whose checkpoints are gone is not begun again, which would forget its lines', async () => {
  for (const last of [childStep(2, 11, 4), { ...done(70), run: '.' } as RunEvent]) {
    const path = join(temporaryFolder(), 'run');
    const run = RunDirectory.create(config, path);
    run.record(start());
    run.record(last);
    run.close();
    const text = readFileSync(join(path, 'metrics.jsonl'), 'utf8');
    const again = RunDirectory.open(path);
    await expect(again.takeUp()).rejects.toThrow(
      new RegExp(
        `^${path}/checkpoints: expected the checkpoints of a run in epoch \\d+, got none; put`,
      ),
    );
    again.close();
    expect(readFileSync(join(path, 'metrics.jsonl'), 'utf8')).toBe(text);
  }
});
