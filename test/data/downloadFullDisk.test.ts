import { readdirSync } from 'node:fs';
import type * as promises from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { download } from '../../src/data/download.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { described, goodEntries, tarGz } from './archive.ts';
import { ranged, serve } from './server.ts';

/** Bytes that can still be written to files that are opened. */
const disk = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (original) => {
  const whole = await original<typeof promises>();
  const open: typeof promises.open = async (...given) => {
    const file = await whole.open(...given);
    const write = file.writeFile.bind(file);
    file.writeFile = async (data) => {
      const { length } = data as Uint8Array;
      if (length > disk.left) {
        const fields = { code: 'ENOSPC', syscall: 'write' };
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), fields);
      }
      disk.left -= length;
      await write(data);
    };
    return file;
  };
  return { ...whole, open };
});

afterEach(() => {
  disk.left = Number.POSITIVE_INFINITY;
});

test('a disk that a download fills, or its extraction, is told of, and the next call goes on', async () => {
  const bytes = await tarGz(goodEntries);
  for (const room of [0, bytes.length, bytes.length + 12]) {
    const folder = join(temporaryFolder(), 'data');
    const { url, ranges } = await serve(ranged(bytes));
    disk.left = room;
    await expect(
      download(described(bytes), folder, { url, retryDelayMs: 1 }),
    ).rejects.toMatchObject({
      code: 'ERR_WRITE',
      message:
        `${folder}: expected to write it, but the disk is full; make room, then run the command again: ` +
        'it goes on where it stopped',
    });
    expect(readdirSync(folder)).toEqual(['archive.tar.gz.part']);
    disk.left = Number.POSITIVE_INFINITY;
    await download(described(bytes), folder, { url, retryDelayMs: 1 });
    expect(readdirSync(folder)).toEqual(['set']);
    // What had come whole was not fetched again.
    expect(ranges).toHaveLength(room === 0 ? 2 : 1);
  }
});
