import { createHash } from 'node:crypto';
import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { resolveConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import * as torch from '../../src/torch/index.ts';
import { childStep, start } from '../report/events.ts';
import { temporaryFolder } from './temporary.ts';

const config = resolveConfig({ flags: { layers: 3 } });

/** A run with checkpoints at these steps, each holding its step as a tensor and in its state. */
async function runWith(steps: readonly number[]): Promise<RunDirectory> {
  const run = RunDirectory.create(config, join(temporaryFolder(), 'run'));
  for (const step of steps) await write(run, step);
  return run;
}

function write(run: RunDirectory, step: number): Promise<string> {
  return run.writeCheckpoint(step, {
    tensors: {
      shared: { 'layer0/conv3x3/conv': torch.full([2, 3], step), empty: torch.zeros([0]) },
      controller: { w: torch.tensor([step, 0.5], { dtype: 'float64' }) },
    },
    state: { baseline: step / 8 },
  });
}

const folderOf = (run: RunDirectory) => join(run.path, 'checkpoints');

test('writing checkpoints leaves little garbage outside of the heap', async () => {
  const run = await runWith([1]);
  const before = process.memoryUsage().arrayBuffers;
  for (let step = 2; step <= 6; step++) await write(run, step);
  // Of 10 files, 64 KiB each.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  run.close();
});

test('a checkpoint gives back its tensors and state', async () => {
  const run = await runWith([40]);
  const checkpoint = (await run.latestCheckpoint())!;
  expect(checkpoint.step).toBe(40);
  expect(checkpoint.stateAs(z.strictObject({ baseline: z.number() }))).toEqual({ baseline: 5 });
  expect(() => checkpoint.stateAs(z.strictObject({ reward: z.number() }))).toThrow(
    `${checkpoint.path}/state.json: reward: expected a finite number, got nothing`,
  );
  expect(checkpoint.warnings).toEqual([]);
  const shared = await checkpoint.tensors('shared');
  expect(Object.keys(shared)).toEqual(['layer0/conv3x3/conv', 'empty']);
  expect(shared['layer0/conv3x3/conv']!.tolist()).toEqual([
    [40, 40, 40],
    [40, 40, 40],
  ]);
  const { w } = await checkpoint.tensors('controller');
  expect(w!.dtype).toBe('float64');
  expect(w!.tolist()).toEqual([40, 0.5]);
  await expect(checkpoint.tensors('optimiser')).rejects.toThrow(
    `${checkpoint.path}: expected the file optimiser.safetensors, got only shared.safetensors, controller.safetensors`,
  );
  run.close();
});

test('a run without a checkpoint has none', async () => {
  const run = await runWith([]);
  expect(await run.latestCheckpoint()).toBeNull();
  run.close();
});

test('the last three are kept, by number and not by name', async () => {
  const run = await runWith([8, 9, 10, 100]);
  expect(readdirSync(folderOf(run)).sort()).toEqual(['10', '100', '9']);
  expect((await run.latestCheckpoint())!.step).toBe(100);
  run.close();
});

test('the same step can be written again', async () => {
  const run = await runWith([10, 10]);
  expect(readdirSync(folderOf(run))).toEqual(['10']);
  expect((await run.latestCheckpoint())!.step).toBe(10);
  run.close();
});

const damages: [string, RegExp, (checkpoint: string) => void][] = [
  [
    'a file cut short',
    /shared\.safetensors has the wrong size/,
    (path) => truncateSync(join(path, 'shared.safetensors'), 20),
  ],
  [
    'a changed byte',
    /controller\.safetensors has changed/,
    (path) => {
      const file = join(path, 'controller.safetensors');
      const bytes = readFileSync(file);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(file, bytes);
    },
  ],
  [
    'a missing file',
    /controller\.safetensors is missing/,
    (path) => rmSync(join(path, 'controller.safetensors')),
  ],
  [
    'a half-written state',
    /state\.json is missing or unreadable/,
    (path) => truncateSync(join(path, 'state.json'), 30),
  ],
  [
    'a missing state',
    /state\.json is missing or unreadable/,
    (path) => rmSync(join(path, 'state.json')),
  ],
];

test.each(damages)('%s: the checkpoint before is taken, with a message', async (_, why, damage) => {
  const run = await runWith([10, 20]);
  damage(join(folderOf(run), '20'));
  const checkpoint = (await run.latestCheckpoint())!;
  expect(checkpoint.step).toBe(10);
  expect(checkpoint.warnings).toHaveLength(1);
  expect(checkpoint.warnings[0]).toMatch(why);
  expect(checkpoint.warnings[0]).toContain(join(folderOf(run), '20'));
  // Going on from there, the damaged one is replaced in time, or goes when it is passed over.
  await write(run, 15);
  expect(readdirSync(folderOf(run)).sort()).toEqual(['10', '15']);
  run.close();
});

test('a checkpoint that was copied to another step is damaged', async () => {
  const run = await runWith([10]);
  cpSync(join(folderOf(run), '10'), join(folderOf(run), '20'), { recursive: true });
  const checkpoint = (await run.latestCheckpoint())!;
  expect(checkpoint.step).toBe(10);
  expect(checkpoint.warnings[0]).toMatch(/20 is damaged \(it is of step 10\)/);
  run.close();
});

test('whichever file is cut or changed, and wherever, the checkpoint before is taken', async () => {
  const run = await runWith([10, 20]);
  const newest = join(folderOf(run), '20');
  const files = readdirSync(newest);
  expect(files.sort()).toEqual(['controller.safetensors', 'shared.safetensors', 'state.json']);
  for (const file of files.map((name) => join(newest, name))) {
    const whole = readFileSync(file);
    const places = Array.from(whole.keys()).filter((at) => at % 5 === 0 || at === whole.length - 1);
    const cuts = places.map((length) => whole.subarray(0, length));
    const edits = places.map((at) => {
      const edited = Buffer.from(whole);
      edited[at]! ^= 1 << (at % 8);
      return edited;
    });
    for (const damaged of [...cuts, ...edits]) {
      writeFileSync(file, damaged);
      const checkpoint = (await run.latestCheckpoint())!;
      // Spaces and line ends of the JSON are nobody's contents.
      if (file.endsWith('.json') && sameJson(damaged, whole)) continue;
      expect(checkpoint.step).toBe(10);
      expect(checkpoint.warnings).toHaveLength(1);
    }
    writeFileSync(file, whole);
    expect((await run.latestCheckpoint())!.step).toBe(20);
  }
  run.close();
});

function sameJson(one: Buffer, other: Buffer): boolean {
  try {
    return JSON.stringify(JSON.parse(`${one}`)) === JSON.stringify(JSON.parse(`${other}`));
  } catch {
    return false;
  }
}

/** SHA-256 of a value's JSON without spaces, the keys of every object in order. */
function hashOf(value: unknown): string {
  const ordered = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(ordered);
    if (typeof inner !== 'object' || inner === null) return inner;
    const keys = Object.keys(inner).sort();
    return Object.fromEntries(keys.map((key) => [key, ordered((inner as Json)[key])]));
  };
  return createHash('sha256')
    .update(JSON.stringify(ordered(value)))
    .digest('hex');
}

type Json = Readonly<Record<string, unknown>>;

test('the order of the keys in state.json is nobody’s contents', async () => {
  const run = await runWith([10, 20]);
  const file = join(folderOf(run), '20', 'state.json');
  const { version, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Json;
  writeFileSync(file, JSON.stringify({ ...rest, version }));
  expect(await run.latestCheckpoint()).toMatchObject({ step: 20, warnings: [] });
  run.close();
});

test('a checkpoint of another version is no damage: it is refused, and stays', async () => {
  const run = await runWith([10, 20]);
  const file = join(folderOf(run), '20', 'state.json');
  const { sha256: _, ...manifest } = JSON.parse(readFileSync(file, 'utf8'));
  const later = { ...manifest, version: 2, weather: 'fair' };
  writeFileSync(file, JSON.stringify({ ...later, sha256: hashOf(later) }));
  await expect(run.latestCheckpoint()).rejects.toThrow(
    `${join(folderOf(run), '20')}: expected a checkpoint of version 1, got version 2; ` +
      'go on with the version of enas-torch that wrote it',
  );
  run.close();
  expect(readdirSync(folderOf(run)).sort()).toEqual(['10', '20']);
});

test.each(['../outside.safetensors', '/etc/passwd', 'a/b.safetensors', '..'])(
  'a checkpoint that names the file %j is damaged',
  async (name) => {
    const run = await runWith([10, 20]);
    const file = join(folderOf(run), '20', 'state.json');
    const { sha256: _, ...manifest } = JSON.parse(readFileSync(file, 'utf8'));
    const empty = createHash('sha256').digest('hex');
    const astray = { ...manifest, files: { [name]: { size: 0, sha256: empty } } };
    writeFileSync(file, JSON.stringify({ ...astray, sha256: hashOf(astray) }));
    const checkpoint = (await run.latestCheckpoint())!;
    expect(checkpoint.step).toBe(10);
    expect(checkpoint.warnings[0]).toMatch(
      /20 is damaged \(state\.json is missing or unreadable\)/,
    );
    run.close();
  },
);

test('killed while a checkpoint takes the place of one of its step, that one is put back', async () => {
  const run = await runWith([10, 20]);
  run.close();
  const folder = folderOf(run);
  renameSync(join(folder, '20'), join(folder, '.20.old'));
  const again = RunDirectory.open(run.path);
  expect((await again.latestCheckpoint())!.step).toBe(20);
  cpSync(join(folder, '20'), join(folder, '.20.old'), { recursive: true });
  const inode = statSync(join(folder, '20')).ino;
  again.close();
  RunDirectory.open(run.path).close();
  expect(readdirSync(folder).sort()).toEqual(['10', '20']);
  expect(statSync(join(folder, '20')).ino).toBe(inode);
});

test('when every checkpoint is damaged the run does not start over by itself', async () => {
  const run = await runWith([10]);
  truncateSync(join(folderOf(run), '10', 'shared.safetensors'), 20);
  await expect(run.latestCheckpoint()).rejects.toThrow(
    'expected a whole checkpoint, got only damaged ones (10: shared.safetensors has the wrong size); ' +
      'put one back from a copy, or start a new run',
  );
  run.close();
});

test('a checkpoint of another configuration is refused', async () => {
  const run = await runWith([10]);
  run.close();
  const file = join(run.path, 'config.json');
  writeFileSync(file, JSON.stringify({ ...config, seed: 99 }));
  const changed = RunDirectory.open(run.path);
  await expect(changed.latestCheckpoint()).rejects.toThrow(
    'expected the configuration it was written under, got another in config.json',
  );
  changed.close();
});

test('going on from a checkpoint forgets the lines written after it', async () => {
  const run = await runWith([]);
  run.record(start());
  run.record(childStep(1, 1, 2));
  await write(run, 1);
  const kept = readFileSync(join(run.path, 'metrics.jsonl'), 'utf8');
  run.record(childStep(1, 2, 4));
  run.record(childStep(1, 3, 6));
  run.close();

  const again = RunDirectory.open(run.path);
  again.rewindTo(await again.latestCheckpoint());
  again.record(start(9));
  again.close();
  expect(kept.trimEnd().split('\n')).toHaveLength(2);
  expect(readFileSync(join(run.path, 'metrics.jsonl'), 'utf8')).toBe(kept);
});
