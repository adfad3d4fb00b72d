import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cifar10Archive, type DownloadOptions, download } from '../../src/data/download.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { described, type Entry, goodEntries, tarGz } from './archive.ts';
import { type Answer, cutAfter, ranged, serve } from './server.ts';

const bytes = await tarGz(goodEntries);
const archive = described(bytes);
const part = 'archive.tar.gz.part';

/** Downloads from a server that answers so, to a folder that may hold a part of the archive. */
async function fetched(
  answer: Answer,
  {
    held,
    wanted = archive,
    ...options
  }: DownloadOptions & { held?: Buffer; wanted?: typeof archive } = {},
) {
  const folder = join(temporaryFolder(), 'data');
  if (held !== undefined) {
    mkdirSync(folder);
    writeFileSync(join(folder, part), held);
  }
  const { url, ranges } = await serve(answer);
  const result = download(wanted, folder, { url, retryDelayMs: 1, ...options });
  const outcome = await result.then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  return { ...outcome, folder, ranges };
}

function expectWhole(folder: string): void {
  expect(readdirSync(folder)).toEqual(['set']);
  expect(readdirSync(join(folder, 'set')).sort()).toEqual(['a.bin', 'b.bin']);
  for (const { name, contents } of goodEntries.slice(1)) {
    expect(readFileSync(join(folder, name), 'utf8')).toBe(contents);
  }
}

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) });

describe('a download', () => {
  it('is extracted, and leaves nothing else', async () => {
    const told: (readonly [number, number | null])[] = [];
    const onProgress = (done: number, total: number | null) => told.push([done, total]);
    const { value, folder, ranges } = await fetched(ranged(bytes), { onProgress });
    expect(value).toEqual({ path: join(folder, 'set'), present: false });
    expectWhole(folder);
    expect(ranges).toEqual([undefined]);
    expect(told[0]).toEqual([0, bytes.length]);
    expect(told.at(-1)).toEqual([bytes.length, bytes.length]);
  });

  it('is not made where the files are already', async () => {
    const { folder } = await fetched(ranged(bytes));
    const { url, ranges } = await serve(ranged(bytes));
    expect(await download(archive, folder, { url })).toEqual({
      path: join(folder, 'set'),
      present: true,
    });
    expect(ranges).toEqual([]);
  });

  it('mends a folder with a file missing, another damaged, and one of somebody else', async () => {
    const { folder } = await fetched(ranged(bytes));
    writeFileSync(join(folder, 'set/a.bin'), 'damaged');
    writeFileSync(join(folder, 'set/mine'), 'mine');
    const { url } = await serve(ranged(bytes));
    expect((await download(archive, folder, { url })).present).toBe(false);
    expect(readFileSync(join(folder, 'set/a.bin'), 'utf8')).toBe('first file');
    expect(readFileSync(join(folder, 'set/mine'), 'utf8')).toBe('mine');
  });

  it('works where the server tells no length', async () => {
    const totals = new Set<number | null>();
    const onProgress = (_: number, total: number | null) => totals.add(total);
    const chunked: Answer = (_, response) => {
      response.writeHead(200);
      response.write(bytes.subarray(0, 1000));
      response.end(bytes.subarray(1000));
    };
    const { folder } = await fetched(chunked, { onProgress });
    expectWhole(folder);
    expect(totals).toEqual(new Set([null]));
  });

  it('follows a redirection', async () => {
    const { folder } = await fetched((request, response, count) => {
      if (count > 1) return ranged(bytes)(request, response, count);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expectWhole(folder);
  });
});

describe('a download that was cut short', () => {
  const half = Math.floor(bytes.length / 2);

  it('goes on by itself', async () => {
    const { folder, ranges } = await fetched((request, response, count) =>
      (count <= 5 ? cutAfter(bytes, 20_000) : ranged(bytes))(request, response, count),
    );
    expectWhole(folder);
    expect(ranges.length).toBe(6);
    expect(ranges[0]).toBe(undefined);
    // Bytes that were sent just before the cut may or may not arrive.
    for (const range of ranges.slice(1)) expect(range ?? 'bytes=0-').toMatch(/^bytes=\d+-$/);
  });

  it('is gone on with by the next call, with only the rest sent', async () => {
    const { folder, ranges } = await fetched(ranged(bytes), { held: bytes.subarray(0, half) });
    expectWhole(folder);
    expect(ranges).toEqual([`bytes=${half}-`]);
  });

  it('is only extracted where all of it came', async () => {
    const { folder, ranges } = await fetched(ranged(bytes), { held: bytes });
    expectWhole(folder);
    expect(ranges).toEqual([]);
  });

  it.each<[string, Answer]>([
    ['ignores Range', (_, response) => response.end(bytes)],
    [
      'sends another range than asked',
      (request, response, count) => {
        if (request.headers.range === undefined) return ranged(bytes)(request, response, count);
        const range = `bytes ${half + 1}-${bytes.length - 1}/${bytes.length}`;
        response.writeHead(206, { 'content-range': range }).end(bytes.subarray(half + 1));
      },
    ],
    [
      'sends a part without saying which',
      (request, response, count) => {
        if (request.headers.range === undefined) return ranged(bytes)(request, response, count);
        response.writeHead(206).end(bytes.subarray(half));
      },
    ],
  ])('is begun anew where the server %s', async (_, answer) => {
    const { folder } = await fetched(answer, { held: bytes.subarray(0, half) });
    expectWhole(folder);
  });

  it.each([
    ['longer than the file', Buffer.concat([bytes, Buffer.from('more')])],
    ['of another file', Buffer.alloc(half, 1)],
    ['of another file of the same length', Buffer.alloc(bytes.length, 1)],
  ])('is begun anew where the part is %s', async (_, held) => {
    const { folder, ranges } = await fetched(ranged(bytes), { held });
    expectWhole(folder);
    expect(ranges.at(-1)).toBe(undefined);
  });

  it('keeps its part when the server stays out of reach', async () => {
    const held = bytes.subarray(0, half);
    const cut: Answer = (request) => request.socket.destroy();
    const { error, folder, ranges } = await fetched(cut, { held });
    expect(error).toEqual(refusal(/expected a connection that lasts, got: .*it goes on where/));
    expect(ranges.length).toBe(4);
    expect(readFileSync(join(folder, part)).equals(held)).toBe(true);
  });

  it('keeps its part when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { error, folder } = await fetched(
      (_, response) => {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, half));
      },
      {
        signal: controller.signal,
        onProgress: (done) => {
          if (done === half) controller.abort(reason);
        },
      },
    );
    expect(error).toBe(reason);
    expect(readFileSync(join(folder, part)).equals(bytes.subarray(0, half))).toBe(true);
    expect(readdirSync(folder)).toEqual([part]);
  });
});

describe('a refused download', () => {
  it.each([404, 403, 500])('says that the server answered %i, and asks once', async (status) => {
    const { error, folder, ranges } = await fetched((_, response) => {
      response.writeHead(status).end('<html>no</html>');
    });
    expect(error).toEqual(refusal(new RegExp(`the server answered ${status} [A-Z].*--url`)));
    expect(ranges.length).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps the part when the server has lost the file', async () => {
    const held = bytes.subarray(0, 1000);
    const { error, folder } = await fetched((_, response) => response.writeHead(404).end(), {
      held,
    });
    expect(error).toEqual(refusal(/answered 404/));
    expect(readFileSync(join(folder, part)).equals(held)).toBe(true);
  });

  it('names both MD5s when the file is another, and removes it', async () => {
    const other = Buffer.from('<html>please log in</html>');
    const { error, folder } = await fetched((_, response) => response.end(other));
    const { md5 } = described(other);
    expect(error).toEqual(refusal(new RegExp(`MD5 ${archive.md5}, got one with ${md5}`)));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names both MD5s when a part is completed and begun anew in vain', async () => {
    const other = Buffer.alloc(bytes.length, 2);
    const held = bytes.subarray(0, 100);
    const { error, folder, ranges } = await fetched(ranged(other), { held });
    expect(error).toEqual(refusal(/expected a file with the MD5/));
    expect(ranges).toEqual(['bytes=100-', undefined]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['ftp://127.0.0.1/a.tar.gz', 'file:///a.tar.gz', 'cs.toronto.edu/a.tar.gz', ''])(
    'is one from %j',
    async (url) => {
      const folder = join(temporaryFolder(), 'none');
      await expect(download(archive, folder, { url })).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(/^--url: expected an address/),
      });
      expect(existsSync(folder)).toBe(false);
    },
  );
});

describe('an archive with the right MD5', () => {
  const [root, a, b] = goodEntries as [Entry, Entry, Entry];

  it.each<[string, Entry[], RegExp]>([
    [
      'a path that leads out',
      [root, a, b, { name: '../out', contents: 'x' }],
      /a file "\.\.\/out"/,
    ],
    [
      'a path that leads out through its folder',
      [root, a, b, { name: 'set/../../out', contents: 'x' }],
      /a file "set\/\.\.\/\.\.\/out"/,
    ],
    ['an absolute path', [root, a, b, { name: '/tmp/out', contents: 'x' }], /a file "\/tmp\/out"/],
    [
      'a link in place of a file',
      [root, b, { name: 'set/a.bin', type: 'symlink', linkname: '../../out' }],
      /a symlink "set\/a\.bin"/,
    ],
    [
      'a hard link in place of a file',
      [root, b, { name: 'set/a.bin', type: 'link', linkname: '../../out' }],
      /a link "set\/a\.bin"/,
    ],
    [
      'a folder that is not expected',
      [root, a, b, { name: 'set/c', type: 'directory' }],
      /a directory/,
    ],
    [
      'a file that is not expected',
      [root, a, b, { name: 'set/c.bin', contents: '' }],
      /"set\/c\.bin"/,
    ],
    ['a file twice', [root, a, a, b], /a file "set\/a\.bin"/],
    ['a file of another length', [root, { ...a, contents: 'x' }, b], /a\.bin has 1 bytes, not 10/],
    ['a file missing', [root, a], /set\/b\.bin is not in it/],
    ['nothing', [], /set\/a\.bin is not in it/],
  ])('is refused with %s, and nothing is left', async (_, entries, message) => {
    const bad = await tarGz(entries);
    const { error, folder } = await fetched(ranged(bad), { wanted: described(bad) });
    expect(error).toEqual(refusal(message));
    expect(readdirSync(folder)).toEqual([part]);
    expect(readdirSync(dirname(folder))).toEqual(['data']);
  });

  it.each([
    ['that is no gzip', Buffer.from('no gzip at all')],
    ['that is cut', bytes.subarray(0, 5000)],
    ['that is empty', Buffer.alloc(0)],
  ])('is refused %s', async (_, bad) => {
    const { error, folder } = await fetched((_, response) => response.end(bad), {
      wanted: described(bad),
    });
    expect(error).toEqual(refusal(/archive\.tar\.gz\.part: expected a whole \.tar\.gz/));
    expect(readdirSync(folder)).toEqual([part]);
  });

  it('may name its files with a leading ./ and leave the folder out', async () => {
    const other = await tarGz([a, b].map((entry) => ({ ...entry, name: `./${entry.name}` })));
    const { folder } = await fetched(ranged(other), { wanted: described(other) });
    expectWhole(folder);
  });
});

it("CIFAR-10's archive is the published one", () => {
  expect(cifar10Archive.url).toBe('https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz');
  expect(cifar10Archive.md5).toBe('c32a1d4ab5d03f1284b67883e8d87530');
  expect(cifar10Archive.folder).toBe('cifar-10-batches-bin');
  expect(cifar10Archive.files.map(({ name }) => name)).toEqual([
    ...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
    'test_batch.bin',
    'batches.meta.txt',
    'readme.html',
  ]);
});
