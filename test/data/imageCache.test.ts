import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { imageFolders } from '../../src/data/images.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { plain, put, reds, refusal, smallFolder } from './imageFixtures.ts';

let cache: string;

beforeEach(() => {
  cache = temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', cache);
});
afterEach(() => void vi.unstubAllEnvs());

const cacheFiles = () => readdirSync(join(cache, 'enas-torch/images'));

/** How many images had to be decoded. */
async function decoded(folder: string) {
  let count = 0;
  const onProgress = (done: number) => {
    count = done;
  };
  const dataset = await imageFolders(folder, { onProgress });
  return { dataset, count };
}

describe('the cache', () => {
  it('has a folder decoded once', async () => {
    const folder = await smallFolder();
    const first = await decoded(folder);
    expect(first.count).toBe(24);
    const second = await decoded(folder);
    expect(second.count).toBe(0);
    expect(second.dataset.fingerprint).toBe(first.dataset.fingerprint);
    expect(reds(second.dataset.train)).toEqual(reds(first.dataset.train));
    expect(reds(second.dataset.valid)).toEqual(reds(first.dataset.valid));
    expect(cacheFiles()).toHaveLength(2);
  });

  it.each<[string, (base: string) => void]>([
    ['short', (base) => truncateSync(`${base}.bin`, 100)],
    ['too long', (base) => appendFileSync(`${base}.bin`, 'x')],
    ['without pixels', (base) => rmSync(`${base}.bin`)],
    ['without description', (base) => rmSync(`${base}.json`)],
    ['with a cut description', (base) => truncateSync(`${base}.json`, 10)],
    ['with an empty description', (base) => writeFileSync(`${base}.json`, 'null')],
    [
      'altered',
      (base) => {
        const bytes = readFileSync(`${base}.bin`);
        bytes[1000]! ^= 1;
        writeFileSync(`${base}.bin`, bytes);
      },
    ],
  ])('is made anew when it is %s', async (_, damage) => {
    const folder = await smallFolder();
    const { dataset } = await decoded(folder);
    const name = cacheFiles().find((file) => file.endsWith('.bin'))!;
    damage(join(cache, 'enas-torch/images', name.replace('.bin', '')));
    const again = await decoded(folder);
    expect(again.count).toBe(24);
    expect(again.dataset.fingerprint).toBe(dataset.fingerprint);
    expect((await decoded(folder)).count).toBe(0);
  });

  it.each<[string, (folder: string) => unknown]>([
    [
      'added',
      (folder) => copyFileSync(join(folder, 'train/cat/0.png'), join(folder, 'train/cat/x.png')),
    ],
    [
      'renamed',
      (folder) => renameSync(join(folder, 'test/cat/0.png'), join(folder, 'test/cat/9.png')),
    ],
    ['touched', (folder) => utimesSync(join(folder, 'test/dog/0.png'), 1, 1)],
    ['written anew', (folder) => put(folder, 'test/dog/1.png', plain([255, 0, 0], 9, 9))],
  ])('is not used when a file was %s', async (_, change) => {
    const folder = await smallFolder();
    await decoded(folder);
    await change(folder);
    expect((await decoded(folder)).count).toBeGreaterThan(0);
  });

  it('sees a file that was written anew in the same process', async () => {
    const folder = await smallFolder();
    const first = await imageFolders(folder);
    await put(folder, 'test/cat/0.png', plain([77, 0, 0]));
    utimesSync(join(folder, 'test/cat/0.png'), 1, 1);
    const second = await imageFolders(folder);
    expect(reds(second.test)[0]).toEqual([77, 0]);
    expect(second.fingerprint).not.toBe(first.fingerprint);
  });

  it('survives being made twice at once', async () => {
    const folder = await smallFolder();
    const [a, b] = await Promise.all([imageFolders(folder), imageFolders(folder)]);
    expect(a.fingerprint).toBe(b.fingerprint);
    expect(cacheFiles()).toHaveLength(2);
    expect((await decoded(folder)).count).toBe(0);
  });

  it('removes what was used longest ago where it grows past its limit, using being reading too', async () => {
    const [first, second, third] = [await smallFolder(), await smallFolder(), await smallFolder()];
    await decoded(first);
    await decoded(second);
    expect(cacheFiles()).toHaveLength(4);
    const size = cacheFiles()
      .map((file) => statSync(join(cache, 'enas-torch/images', file)).size)
      .reduce((a, b) => a + b);
    for (const file of cacheFiles()) {
      utimesSync(join(cache, 'enas-torch/images', file), 1000, 1000);
    }
    expect((await decoded(first)).count).toBe(0);
    vi.stubEnv('ENAS_TORCH_IMAGE_CACHE_GB', String((size * 1.2) / 1e9));
    await decoded(third);
    expect(cacheFiles()).toHaveLength(4);
    expect((await decoded(first)).count).toBe(0);
    expect((await decoded(third)).count).toBe(0);
    expect((await decoded(second)).count).toBe(24);
  });

  it('keeps what it has just been given, however small its limit', async () => {
    vi.stubEnv('ENAS_TORCH_IMAGE_CACHE_GB', '0');
    const [first, second] = [await smallFolder(), await smallFolder()];
    await decoded(first);
    await decoded(second);
    expect(cacheFiles()).toHaveLength(2);
    expect((await decoded(second)).count).toBe(0);
    expect((await decoded(first)).count).toBe(24);
  });

  it('leaves an entry readable to whoever has it open', async () => {
    vi.stubEnv('ENAS_TORCH_IMAGE_CACHE_GB', '0');
    await decoded(await smallFolder());
    const path = join(cache, 'enas-torch/images', cacheFiles().find((f) => f.endsWith('.bin'))!);
    const whole = readFileSync(path);
    const open = openSync(path, 'r');
    await decoded(await smallFolder());
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(open)).toEqual(whole);
    closeSync(open);
  });

  it('clears away what was left half written a day ago, and nothing else that it does not know', async () => {
    const folder = join(cache, 'enas-torch/images');
    await decoded(await smallFolder());
    for (const name of ['old.bin.tmp-1', 'new.bin.tmp-1', 'notes.txt']) {
      writeFileSync(join(folder, name), 'x');
    }
    const longAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
    for (const name of ['old.bin.tmp-1', 'notes.txt']) {
      utimesSync(join(folder, name), longAgo, longAgo);
    }
    await decoded(await smallFolder());
    expect(cacheFiles()).toContain('new.bin.tmp-1');
    expect(cacheFiles()).toContain('notes.txt');
    expect(cacheFiles()).not.toContain('old.bin.tmp-1');
  });

  it.each(['much', '-1', ' ', 'Infinity'])(
    'refuses a limit of %j before decoding',
    async (limit) => {
      vi.stubEnv('ENAS_TORCH_IMAGE_CACHE_GB', limit);
      await expect(imageFolders(await smallFolder())).rejects.toThrow(
        /^ENAS_TORCH_IMAGE_CACHE_GB: expected a number of gigabytes, at least 0, got /,
      );
    },
  );

  it("of sharp's own is left as it was", async () => {
    const limits = () => {
      const { memory, files, items } = sharp.cache();
      return [memory.max, files.max, items.max];
    };
    const before = limits();
    const folder = await smallFolder();
    await Promise.all([imageFolders(folder), imageFolders(await smallFolder({ perClass: 3 }))]);
    rmSync(join(folder, 'test/cat/0.png'));
    writeFileSync(join(folder, 'test/cat/0.png'), 'no image');
    await expect(imageFolders(folder)).rejects.toThrow();
    expect(limits()).toEqual(before);
    expect(before[0]).toBeGreaterThan(0);
  });

  it('that cannot be written is an error before any decoding', async () => {
    const folder = await smallFolder();
    writeFileSync(join(cache, 'enas-torch'), 'in the way');
    let count = 0;
    const onProgress = () => count++;
    await expect(imageFolders(folder, { onProgress })).rejects.toMatchObject(
      refusal(/enas-torch\/images: expected a folder that .*; set XDG_CACHE_HOME/),
    );
    expect(count).toBe(0);
  });
});
