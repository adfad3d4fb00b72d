import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../run/temporary.ts';

export const smallText = {
  'train.txt': 'the cat sat\nthe dog sat on the mat\n',
  'valid.txt': 'the cat\n',
  'test.txt': 'the dog\n',
};

/** A folder with these files. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(temporaryFolder(), 'corpus');
  mkdirSync(folder);
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents);
  return folder;
}
