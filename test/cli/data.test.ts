import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ProgressLine } from '../../src/cli/progressLine.ts';
import { serve } from '../data/server.ts';
import { folderOf, smallText } from '../data/text/files.ts';
import { Paper, screen } from '../report/screen.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { run } from './commandLine.ts';

async function folderOfImages(): Promise<string> {
  const folder = temporaryFolder();
  for (const split of ['train', 'test']) {
    for (const name of ['cat', 'dog']) {
      mkdirSync(join(folder, split, name), { recursive: true });
      for (const i of [0, 1]) {
        const background = { r: 255 * i, g: 51, b: 0 };
        const image = sharp({ create: { width: 4, height: 3, channels: 3, background } });
        await image.png().toFile(join(folder, split, name, `${i}.png`));
      }
    }
  }
  return folder;
}

/** A folder as `data cifar10` leaves it, by size. */
function folderOfCifar10(): string {
  const folder = temporaryFolder();
  const inner = join(folder, 'cifar-10-batches-bin');
  mkdirSync(inner);
  for (const name of [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), 'test_batch.bin']) {
    writeFileSync(join(inner, name), '');
    truncateSync(join(inner, name), 30_730_000);
  }
  writeFileSync(join(inner, 'batches.meta.txt'), '');
  writeFileSync(join(inner, 'readme.html'), '');
  return folder;
}

test('data info says what a set holds, with a progress line on stderr', async () => {
  const folder = await folderOfImages();
  vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const info = (...words: string[]) => run(['data', 'info', `images:${folder}`, ...words]);
  const plain = await info();
  expect(plain.code).toBe(0);
  expect(plain.stderr).toMatch(/^decoding images: 8 of 8, [\d.]+\/s\n$/);
  expect(plain.stdout).toMatch(/^images +3 train, 1 valid, 4 test$/m);
  expect(plain.stdout).toMatch(/^size +3 channels, 3 high, 4 wide$/m);
  expect(plain.stdout).toMatch(/^classes +2: cat, dog$/m);
  expect(plain.stdout).toMatch(/^mean +0\.(3333|6667) 0\.2000 0\.0000$/m);

  const json = await info('--json');
  expect(json.stderr).toBe('');
  expect(JSON.parse(json.stdout)).toMatchObject({
    images: { train: 3, valid: 1, test: 4 },
    classes: ['cat', 'dog'],
    channels: 3,
    height: 3,
    width: 4,
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(json.stdout.trimEnd()).not.toContain('\n');
});

test('data info of a text says its types, tokens and unigram perplexities', async () => {
  const folder = folderOf({ ...smallText, 'valid.txt': 'the bird\n' });
  const plain = await run(['data', 'info', `text:${folder}`]);
  expect({ code: plain.code, stderr: plain.stderr }).toEqual({ code: 0, stderr: '' });
  expect(plain.stdout).toMatch(/^name +corpus$/m);
  expect(plain.stdout).toMatch(/^types +8$/m);
  expect(plain.stdout).toMatch(/^tokens +11 train, 3 valid, 3 test$/m);
  expect(plain.stdout).toMatch(/^unigram perplexity +6\.1 valid, 6\.1 test$/m);
  expect(plain.stdout).toMatch(
    /^most frequent +the 27\.3 %, <eos> 18\.2 %, sat 18\.2 %, cat 9\.1 %/m,
  );
  expect(plain.stdout).toMatch(/^note +1 validation and 0 test tokens are words that/m);

  const json = await run(['data', 'info', `text:${folder}`, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    types: 8,
    tokens: { train: 11, valid: 3, test: 3 },
    unigramPerplexity: { valid: expect.closeTo(6.054, 3), test: expect.closeTo(6.054, 3) },
    mostFrequent: expect.arrayContaining([{ word: 'the', count: 3 }]),
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('data info knows both built-in sets', async () => {
  const text = await run(['data', 'info', 'builtin', '--task', 'text', '--json']);
  expect(JSON.parse(text.stdout)).toMatchObject({
    name: 'built-in text',
    tokens: { train: 200_000, valid: 10_000, test: 10_000 },
  });
});

test('data cifar10 is content with files that are there', async () => {
  const folder = folderOfCifar10();
  const { code, stdout, stderr } = await run(['data', 'cifar10', folder]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(
    `CIFAR-10 is there already: ${join(folder, 'cifar-10-batches-bin')}\n` +
      `use it with --data cifar10:${folder}\n`,
  );
});

test('data cifar10 refuses another file, and says how far it came', async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 2000 }).end(Buffer.alloc(2000));
  });
  const folder = temporaryFolder();
  const { code, stdout, stderr } = await run(['data', 'cifar10', folder, '--url', url]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^downloading CIFAR-10: 0B of 2\.00 kB, 0\.0 %, 0B\/s$/m);
  expect(stderr).toMatch(/^downloading CIFAR-10: 2\.00 kB of 2\.00 kB, 100\.0 %, .*B\/s$/m);
  expect(stderr).toMatch(
    /\nerror: http.*: expected a file with the MD5 c32a1d4ab5d03f1284b67883e8d87530, got one with .*\n$/,
  );
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  [['data', 'cifar100', 'x'], 2, "error: unknown command 'cifar100' (Did you mean cifar10?)"],
  [['data', 'cifar10'], 2, "error: missing required argument 'folder'"],
  [['data', 'info'], 2, "error: missing required argument 'set'"],
  [
    ['data', 'info', 'cifra10:x'],
    2,
    'error: data: expected one of builtin, cifar10, images, text, got "cifra10"; did you mean cifar10?',
  ],
  [
    ['data', 'info', 'text:none', '--task', 'images'],
    2,
    'error: data: expected one of builtin, cifar10, images, got "text:none"; ' +
      "text: is for spaces whose networks learn text, and this one's learn images",
  ],
  [
    ['data', 'info', 'builtin', '--task', 'txt'],
    2,
    'error: --task: expected one of images, text, got "txt"; did you mean text?',
  ],
  [
    ['data', 'info', 'text:none'],
    1,
    "error: none: expected train.txt, valid.txt and test.txt, or the Penn Treebank's ptb.train.txt, " +
      'ptb.valid.txt and ptb.test.txt, but there is no such folder; ' +
      'give the folder that holds the three files',
  ],
  [
    ['data', 'info', 'images:none'],
    1,
    'error: none: expected images in train/<class>/ and test/<class>/, there is no such folder; ' +
      'give the folder that holds train/ and test/',
  ],
  [
    ['data', 'cifar10', 'none', '--url', 'nowhere'],
    2,
    'error: --url: expected an address that begins with http:// or https://, got "nowhere"',
  ],
])('%j is one line that says what is wrong', async (argv, code, message) => {
  expect(await run(argv)).toEqual({ code, stdout: '', stderr: `${message}\n` });
});

test.each([[['data']], [['data', 'cifar10']], [['data', 'info']]])(
  '%j has a help with examples',
  async (words) => {
    const { code, stdout } = await run([...words, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}\$ enas-torch data /);
  },
);

test('progress is one line on a terminal, cut to its width, and a line a tenth elsewhere', async () => {
  const terminal = new Paper();
  terminal.isTTY = true;
  terminal.columns = 20;
  const live = new ProgressLine({ stderr: terminal.output, env: {} });
  live.show(0, 'a long first state of the line');
  live.show(1, 'done');
  await live.end();
  expect(screen(terminal.text)).toEqual(['done', '']);
  expect(terminal.writes[0]).toBe('\ra long first state \x1b[K');

  const file = new Paper();
  const plain = new ProgressLine({ stderr: file.output, env: {} });
  for (let i = 0; i <= 100; i++) plain.show(i / 100, `${i} %`);
  await plain.end();
  expect(file.text.split('\n')).toEqual([
    ...Array.from({ length: 11 }, (_, i) => `${10 * i} %`),
    '',
  ]);
});
