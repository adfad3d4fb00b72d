import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTextFolder } from '../../../src/data/text/folder.ts';
import { pennTreebank } from '../../../src/data/text/pennTreebank.ts';
import { readText } from '../../../src/data/text/read.ts';
import { Words } from '../../../src/data/text/words.ts';
import { temporaryFolder } from '../../run/temporary.ts';
import { folderOf, smallText } from './files.ts';

/** A file's words, as they are read. */
async function wordsOf(contents: string | Uint8Array): Promise<string[]> {
  const path = join(temporaryFolder(), 'text.txt');
  writeFileSync(path, contents);
  const words = new Words();
  const { tokens } = await readText(path, words);
  return Array.from(tokens, (token) => words.all[token]!);
}

describe('a text file', () => {
  it.each([
    ['a b\nc\n', 'a b <eos> c <eos>'],
    ['a b\nc', 'a b <eos> c <eos>'],
    [' a \t b \n', 'a b <eos>'],
    ['a\r\nb\r\n', 'a <eos> b <eos>'],
    ['a\n\nb\n  ', 'a <eos> <eos> b <eos>'],
    ['\ufeffa\n', 'a <eos>'],
    ['a <eos> b\n', 'a <eos> b <eos>'],
    ['äpfel “zitat” 日本\n', 'äpfel “zitat” 日本 <eos>'],
  ])('%j is the words %s', async (contents, expected) => {
    expect((await wordsOf(contents)).join(' ')).toBe(expected);
  });

  it('is read alike however long it is, and however many bytes a letter has', async () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'ß', '語', '😀'), minLength: 1 });
    const line = fc.array(word, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 5 }), async (lines) => {
        // Longer than the 64 kB that are read at once, so that words lie across the joints.
        const times = Math.ceil(150_000 / Buffer.byteLength(lines.flat().join(' ')));
        const many = new Array(times).fill(lines).flat() as string[][];
        const expected = many.flatMap((words) => [...words, '<eos>']);
        const text = many.map((words) => `${words.join(' ')}\n`).join('');
        expect(await wordsOf(text)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  it.each([
    ['', /: expected words in UTF-8, separated by white space, but it is empty; give a plain text/],
    [' \n\n', /but there is no word in it;/],
    [
      Uint8Array.of(97, 10, 98, 10, 255, 254, 99),
      /but after line \d there are bytes that are not UTF-8/,
    ],
    [Uint8Array.of(0x61, 0xc3), /there are bytes that are not UTF-8/],
    ['a\0b', /but after line 0 there is a zero byte/],
  ])('of %j is refused', async (contents, message) => {
    await expect(wordsOf(contents)).rejects.toMatchObject({
      code: 'ERR_DATA',
      message: expect.stringMatching(message),
    });
  });
});

describe('a folder', () => {
  const refusal = async (folder: string) => {
    const error = await readTextFolder(folder).catch((error) => error);
    expect(error.code).toBe('ERR_DATA');
    return error.message as string;
  };
  const layout =
    "expected train.txt, valid.txt and test.txt, or the Penn Treebank's ptb.train.txt, " +
    'ptb.valid.txt and ptb.test.txt, but';
  const remedy = 'give the folder that holds the three files';

  it('that is not there, or has none of the files, is refused', async () => {
    const folder = folderOf({ 'readme.txt': 'x' });
    expect(await refusal(join(folder, 'none'))).toBe(
      `${join(folder, 'none')}: ${layout} there is no such folder; ${remedy}`,
    );
    expect(await refusal(join(folder, 'readme.txt'))).toContain('there is no such folder');
    expect(await refusal(folder)).toBe(`${folder}: ${layout} there is none of them; ${remedy}`);
  });

  it('that lacks some is refused with their names', async () => {
    const { 'train.txt': train, 'valid.txt': valid } = smallText;
    const folder = folderOf({ 'train.txt': train });
    expect(await refusal(folder)).toBe(
      `${folder}: ${layout} there is no valid.txt and no test.txt; ${remedy}`,
    );
    const treebank = folderOf({ 'ptb.train.txt': train, 'ptb.valid.txt': valid });
    expect(await refusal(treebank)).toContain('there is no ptb.test.txt;');
  });

  it('with both sets is refused', async () => {
    const treebank = Object.entries(smallText).map(([name, text]) => [`ptb.${name}`, text]);
    const folder = folderOf({ ...smallText, ...Object.fromEntries(treebank) });
    expect(await refusal(folder)).toBe(
      `${folder}: ${layout} there are both sets; move one set away`,
    );
  });

  it('with an empty or binary file is refused with its name', async () => {
    const empty = folderOf({ ...smallText, 'valid.txt': '' });
    expect(await refusal(empty)).toMatch(/valid\.txt: expected words in UTF-8.*it is empty/);
    const binary = folderOf({ ...smallText, 'test.txt': Uint8Array.of(31, 139, 8, 0) });
    expect(await refusal(binary)).toMatch(/test\.txt: expected words in UTF-8/);
  });

  it("with another file under the Penn Treebank's name is refused, with what to do", async () => {
    const short = 'the cat sat\n';
    const folder = folderOf({
      'ptb.train.txt': short,
      'ptb.valid.txt': short,
      'ptb.test.txt': short,
    });
    expect(await refusal(folder)).toBe(
      `${join(folder, 'ptb.train.txt')}: expected the Penn Treebank's file of 5101618 bytes with the ` +
        'MD5 f26c4b92c5fdc7b3f8c7cdcb991d8420, got one of 12 bytes, so it is cut short or another ' +
        'file; fetch it again, or for another text call the files train.txt, valid.txt and test.txt',
    );
    const long = `${'word'.repeat(25)}\n`.repeat(60_000);
    writeFileSync(join(folder, 'ptb.train.txt'), long);
    const md5 = createHash('md5').update(long).digest('hex');
    expect(await refusal(folder)).toContain(`got one of 6060000 bytes with the MD5 ${md5}; fetch`);
  });

  it('with the same files under other names is any text', async () => {
    const { name, notes, words } = await readTextFolder(folderOf(smallText));
    expect({ name, notes }).toEqual({ name: 'corpus', notes: [] });
    expect(words).toContain('mat');
  });
});

it('the standard Penn Treebank is the one that is published', () => {
  expect(Object.values(pennTreebank).map(({ md5 }) => md5)).toEqual([
    'f26c4b92c5fdc7b3f8c7cdcb991d8420',
    'aa0affc06ff7c36e977d7cd49e3839bf',
    '8b80168b89c18661a38ef683c0dc3721',
  ]);
});
