import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { EnasTorchError } from '../../errors/error.ts';
import type { RawText } from './assemble.ts';
import { checkStandard, type SplitName, splits, standardSplits } from './pennTreebank.ts';
import { readText, type TextFile } from './read.ts';
import { Words } from './words.ts';

type Files = Record<SplitName, TextFile>;

/** What the three files' names may begin with. */
const prefixes = ['ptb.', ''] as const;

/**
 * Reads a folder with train.txt, valid.txt and test.txt, or with ptb.train.txt, ptb.valid.txt and
 * ptb.test.txt, which must then be the standard Penn Treebank.
 *
 * @throws EnasTorchError ERR_DATA naming the file that is missing, damaged or no text
 */
export async function readTextFolder(folder: string, signal?: AbortSignal): Promise<RawText> {
  const prefix = await findFiles(folder);
  const words = new Words();
  const files: Partial<Files> = {};
  for (const split of splits) {
    files[split] = await readText(join(folder, `${prefix}${split}.txt`), words, signal);
    if (prefix === 'ptb.') checkStandard(split, files[split]);
  }
  return describe(folder, files as Files, words);
}

function describe(folder: string, files: Files, { all }: Words): RawText {
  const standard = standardSplits(files);
  const { train, valid, test } = files;
  return {
    name: standard.length === splits.length ? 'Penn Treebank' : basename(resolve(folder)),
    notes: notesOn(standard),
    words: all,
    train: train.tokens,
    valid: valid.tokens,
    test: test.tokens,
  };
}

function notesOn(standard: readonly SplitName[]): string[] {
  if (standard.length === 0) return [];
  if (standard.length === splits.length) {
    return ['Penn Treebank: the standard files (MD5 checked)'];
  }
  const others = splits.filter((split) => !standard.includes(split)).join(' and ');
  return [
    `${standard.join(' and ')} is the Penn Treebank's, but ${others} is not (MD5 differs): ` +
      "figures are not to be compared with others' on the Penn Treebank",
  ];
}

/** What the names of the files begin with; all three are there. */
async function findFiles(folder: string): Promise<string> {
  if (!(await isThere(folder, 'isDirectory'))) throw refused(folder, 'there is no such folder');
  const found: string[] = [];
  for (const prefix of prefixes) {
    const missing: string[] = [];
    for (const split of splits) {
      const name = `${prefix}${split}.txt`;
      if (!(await isThere(join(folder, name), 'isFile'))) missing.push(name);
    }
    if (missing.length === splits.length) continue;
    if (missing.length > 0) throw refused(folder, `there is no ${missing.join(' and no ')}`);
    found.push(prefix);
  }
  const [only, another] = found;
  if (only === undefined) throw refused(folder, 'there is none of them');
  if (another !== undefined) throw refused(folder, 'there are both sets', 'move one set away');
  return only;
}

async function isThere(path: string, kind: 'isFile' | 'isDirectory'): Promise<boolean> {
  try {
    return (await stat(path))[kind]();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}

function refused(
  folder: string,
  problem: string,
  remedy = 'give the folder that holds the three files',
): EnasTorchError {
  return new EnasTorchError(
    'ERR_DATA',
    `${folder}: expected train.txt, valid.txt and test.txt, or the Penn Treebank's ptb.train.txt, ` +
      `ptb.valid.txt and ptb.test.txt, but ${problem}; ${remedy}`,
  );
}
