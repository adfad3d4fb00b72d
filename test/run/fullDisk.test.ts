import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import { JsonlWriter } from '../../src/run/metrics.ts';
import { writeModel } from '../../src/run/trainingFiles.ts';
import * as torch from '../../src/torch/index.ts';
import { childStep, start } from '../report/events.ts';
import { disk } from './smallDisk.ts';
import { temporaryFolder } from './temporary.ts';

vi.mock('node:fs', async (original) => {
  const { smallDisk } = await import('./smallDisk.ts');
  return smallDisk(await original());
});

afterEach(() => {
  disk.left = Number.POSITIVE_INFINITY;
  disk.code = 'ENOSPC';
});

const config = resolveConfig({ flags: { layers: 3 } });
const tensors = { a: torch.full([20], 3), b: torch.zeros([0]) };
const contents = { tensors: { shared: tensors, controller: tensors }, state: { baseline: 0.5 } };

/** The message of an ERR_WRITE about a file of a run. */
const refusal = (path: string) => ({
  code: 'ERR_WRITE',
  message:
    `${path}: expected to write it, but the disk is full; make room, then resume the run, ` +
    'whose last checkpoint is untouched',
});

function newRun(): RunDirectory {
  const run = RunDirectory.create(config, join(temporaryFolder(), 'run'));
  onTestFinished(() => run.close());
  return run;
}

/** What a function throws, or null. */
async function failure(fn: () => unknown): Promise<unknown> {
  try {
    await fn();
    return null;
  } catch (error) {
    return error;
  }
}

test('wherever in a checkpoint the disk is full, the one before is whole and nothing is left of it', async () => {
  const run = newRun();
  await run.writeCheckpoint(10, contents);
  const folder = join(run.path, 'checkpoints');
  let failures = 0;
  for (let room = 0; ; room += 53) {
    disk.left = room;
    const error = await failure(() => run.writeCheckpoint(20, contents));
    if (error === null) break;
    failures++;
    expect(error).toMatchObject(refusal(join(folder, '20')));
    expect(readdirSync(folder)).toEqual(['10']);
    expect((await run.latestCheckpoint())!.warnings).toEqual([]);
  }
  expect(failures).toBeGreaterThan(10);
  expect((await run.latestCheckpoint())!.step).toBe(20);
});

test('a checkpoint that could not take the place of one of its step leaves that', async () => {
  const run = newRun();
  await run.writeCheckpoint(10, contents);
  disk.left = 300;
  await expect(run.writeCheckpoint(10, contents)).rejects.toMatchObject({ code: 'ERR_WRITE' });
  expect(readdirSync(join(run.path, 'checkpoints'))).toEqual(['10']);
  expect((await run.latestCheckpoint())!.step).toBe(10);
});

test('wherever in the lines the disk is full, the run says so and goes on from its checkpoint', async () => {
  for (let room = 0; room < 300; room += 41) {
    const run = newRun();
    run.record(start());
    await run.writeCheckpoint(1, contents);
    const kept = readFileSync(join(run.path, 'metrics.jsonl'), 'utf8');
    run.record(childStep(1, 2, 4));
    disk.left = Math.min(room, JSON.stringify(childStep(1, 2, 4)).length - 1);
    const path = join(run.path, 'metrics.jsonl');
    await expect(run.writeCheckpoint(2, contents)).rejects.toMatchObject(refusal(path));
    disk.left = Number.POSITIVE_INFINITY;
    // Nothing is added after the gap, though there would be room.
    expect(() => run.record(childStep(1, 3, 6))).toThrow(refusal(path).message);
    expect(() => run.close()).toThrow(refusal(path).message);

    const again = RunDirectory.open(run.path);
    expect((await again.takeUp())!.step).toBe(1);
    again.close();
    expect(readFileSync(path, 'utf8')).toBe(kept);
  }
});

test('lines that fail to reach a full disk by themselves are told of at the next call, the last one too', async () => {
  const calls = {
    append: (writer: JsonlWriter) => writer.append({ b: 2 }),
    sync: (writer: JsonlWriter) => writer.sync(),
    close: (writer: JsonlWriter) => writer.close(),
  };
  for (const [name, call] of Object.entries(calls)) {
    const path = join(temporaryFolder(), 'metrics.jsonl');
    const writer = new JsonlWriter(path);
    writer.append({ a: 1 });
    disk.left = 3;
    await vi.waitUntil(() => readFileSync(path, 'utf8') === '{"a', { timeout: 10_000 });
    disk.left = Number.POSITIVE_INFINITY;
    expect(() => call(writer)).toThrow(refusal(path).message);
    if (name !== 'close') expect(() => writer.close()).toThrow(refusal(path).message);
    expect(readFileSync(path, 'utf8')).toBe('{"a');
  }
});

test('a best architecture and a model are the old ones, or none, where the new ones do not fit', async () => {
  const run = newRun();
  const space = spaceOf(config);
  const choices = space.decisions.map((one) => (one.kind === 'skips' ? one.among.map(() => 0) : 0));
  const best = { arch: space.decode(choices), reward: 0.5, validAccuracy: 0.5 };
  const files = { 'best.json': 'old best', 'model.safetensors': 'old model' };
  const before = readdirSync(run.path);
  for (const there of [false, true]) {
    const listed = there ? [...before, ...Object.keys(files)].sort() : before;
    if (there)
      for (const [name, text] of Object.entries(files)) writeFileSync(join(run.path, name), text);
    disk.left = 60;
    await expect(writeModel(run.path, tensors, {})).rejects.toMatchObject(
      refusal(join(run.path, 'model.safetensors')),
    );
    disk.left = 60;
    expect(() => run.writeBest(best)).toThrow(refusal(run.bestPath).message);
    expect(readdirSync(run.path).sort()).toEqual(listed);
    disk.left = Number.POSITIVE_INFINITY;
  }
  for (const [name, text] of Object.entries(files)) {
    expect(readFileSync(join(run.path, name), 'utf8')).toBe(text);
  }
});

test('a new run on a full disk leaves nothing that is taken for one', () => {
  for (const room of [0, 20, 500]) {
    const path = join(temporaryFolder(), 'run');
    disk.left = room;
    expect(() => RunDirectory.create(config, path)).toThrow(
      `${path}: expected to write it, but the disk is full; make room, then try again, or choose another folder`,
    );
    disk.left = Number.POSITIVE_INFINITY;
    expect(existsSync(join(path, 'config.json'))).toBe(false);
    RunDirectory.create(config, path).close();
  }
});

test.each([
  ['EROFS', 'its file system is read-only; have it writable'],
  ['EACCES', 'there is no permission to; have it writable'],
  ['EDQUOT', 'the disk quota is used up; make room'],
  ['EIO', 'the disk failed; look at the disk'],
])('a disk that refuses with %s is told of in the same way', async (code, why) => {
  const run = newRun();
  await run.writeCheckpoint(10, contents);
  disk.left = 0;
  disk.code = code;
  await expect(run.writeCheckpoint(20, contents)).rejects.toMatchObject({
    code: 'ERR_WRITE',
    message: expect.stringContaining(
      `checkpoints/20: expected to write it, but ${why}, then resume`,
    ),
  });
  const path = join(temporaryFolder(), 'run');
  expect(() => RunDirectory.create(config, path)).toThrow(
    `${path}: expected to write it, but ${why}, then try again, or choose another folder`,
  );
});

test('an error that is none of the disk stays what it is', async () => {
  const run = newRun();
  const wrong = { tensors: { shared: { a: 5 as never } }, state: null };
  await expect(run.writeCheckpoint(10, wrong)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  expect(readdirSync(join(run.path, 'checkpoints'))).toEqual([]);
});
