import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { metricsOf, runSearch, temporaryRun } from '../search/synthetic.ts';
import { runTrain } from '../train/running.ts';
import { disk } from './smallDisk.ts';

vi.mock('node:fs', async (original) => {
  const { smallDisk } = await import('./smallDisk.ts');
  return smallDisk(await original());
});

afterEach(() => {
  disk.left = Number.POSITIVE_INFINITY;
});

/** What a run came to: its lines, and the bytes of every tensor, architecture and result. */
function recordOf(run: string): Map<string, unknown> {
  const record = new Map<string, unknown>([['metrics', metricsOf(run)]]);
  const checkpoints = readdirSync(join(run, 'checkpoints')).map(Number);
  const last = join('checkpoints', String(Math.max(...checkpoints)));
  for (const folder of ['.', last]) {
    for (const name of readdirSync(join(run, folder)).sort()) {
      const hasBytes = /\.safetensors$|^(architectures\.jsonl|best\.json|result\.json)$/.test(name);
      if (hasBytes) record.set(name, readFileSync(join(run, folder, name)).toString('base64'));
    }
  }
  return record;
}

test.each([
  ['a search', runSearch],
  ['a training', runTrain],
] as const)(
  '%s that filled the disk, wherever, is resumed to the bit when there is room',
  async (_, start) => {
    const whole = temporaryRun();
    const room = 2 ** 40;
    disk.left = room;
    await start(whole);
    const written = room - disk.left;
    const expected = recordOf(whole);
    for (const share of [0.1, 0.35, 0.6, 0.85, 0.995]) {
      const run = temporaryRun();
      disk.left = Math.floor(share * written);
      await expect(start(run)).rejects.toMatchObject({
        code: 'ERR_WRITE',
        message: expect.stringMatching(/: expected to write it, but the disk is full; make room/),
      });
      disk.left = Number.POSITIVE_INFINITY;
      const left = [run, join(run, 'checkpoints')].flatMap((folder) =>
        existsSync(folder) ? readdirSync(folder) : [],
      );
      expect(left.filter((name) => name.startsWith('.'))).toEqual([]);
      await start(run, { resume: true });
      expect(recordOf(run)).toEqual(expected);
    }
  },
);
