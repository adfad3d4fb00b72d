import { EnasTorchError } from '../../errors/error.ts';
import type { TextFile } from './read.ts';

/** Splits of a text, in the order in which they are read. */
export const splits = ['train', 'valid', 'test'] as const;
export type SplitName = (typeof splits)[number];

interface Standard {
  readonly md5: string;
  readonly bytes: number;
}

/**
 * The Penn Treebank as language models use it (Mikolov et al. 2010): 10,000 types with `<eos>`;
 * 929,589, 73,760 and 82,430 tokens.
 */
export const pennTreebank: Readonly<Record<SplitName, Standard>> = {
  train: { md5: 'f26c4b92c5fdc7b3f8c7cdcb991d8420', bytes: 5_101_618 },
  valid: { md5: 'aa0affc06ff7c36e977d7cd49e3839bf', bytes: 399_782 },
  test: { md5: '8b80168b89c18661a38ef683c0dc3721', bytes: 449_945 },
};

/** Refuses a file that bears the name of one of the Penn Treebank's and is another. */
export function checkStandard(split: SplitName, { path, md5, bytes }: TextFile): void {
  const standard = pennTreebank[split];
  if (md5 === standard.md5) return;
  const problem =
    bytes < standard.bytes
      ? `${bytes} bytes, so it is cut short or another file`
      : `${bytes} bytes with the MD5 ${md5}`;
  throw new EnasTorchError(
    'ERR_DATA',
    `${path}: expected the Penn Treebank's file of ${standard.bytes} bytes with the MD5 ` +
      `${standard.md5}, got one of ${problem}; fetch it again, or for another text call the files ` +
      'train.txt, valid.txt and test.txt',
  );
}

/** Which splits are the Penn Treebank's, whatever their files are called. */
export function standardSplits(files: Readonly<Record<SplitName, TextFile>>): SplitName[] {
  return splits.filter((split) => files[split].md5 === pennTreebank[split].md5);
}
