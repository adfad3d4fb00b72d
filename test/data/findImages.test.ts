import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findImages } from '../../src/data/findImages.ts';
import { temporaryFolder } from '../run/temporary.ts';

function folderOf(...names: string[]): string {
  const folder = temporaryFolder();
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), '');
  }
  return folder;
}

const within = async (folder: string, ...names: string[]) =>
  (await findImages(names.map((name) => join(folder, name)))).map((path) =>
    path.slice(folder.length + 1),
  );

test('a folder is all images in it and below, in the order of their names', async () => {
  const names = ['b/2.png', 'b/10.png', 'B.JPG', 'a.webp', 'z.tiff', 'b.png'];
  const others = ['notes.txt', 'Thumbs.db', '.hidden.png', '.git/x.png', 'png'];
  const folder = folderOf(...names, ...others);
  expect(await within(folder, '')).toEqual([
    'B.JPG',
    'a.webp',
    'b/10.png',
    'b/2.png',
    'b.png',
    'z.tiff',
  ]);
});

test('a file is itself, whatever its name and whether it is there; paths keep their order', async () => {
  const folder = folderOf('x/1.png', 'photo', '.hidden.png');
  const paths = ['photo', 'x', '.hidden.png', 'gone.png', 'photo'];
  expect(await within(folder, ...paths)).toEqual([
    'photo',
    'x/1.png',
    '.hidden.png',
    'gone.png',
    'photo',
  ]);
});

test('links are followed, but not round in circles', async () => {
  const folder = folderOf('a/1.png', 'other/2.png');
  symlinkSync('../other', join(folder, 'a/more'));
  symlinkSync('..', join(folder, 'a/back'));
  symlinkSync('nowhere.png', join(folder, 'a/dangling.png'));
  expect(await within(folder, 'a')).toEqual([
    'a/1.png',
    'a/back/other/2.png',
    'a/dangling.png',
    'a/more/2.png',
  ]);
});

test('a folder without images is refused', async () => {
  const folder = folderOf('a/notes.txt');
  await expect(findImages([folder])).rejects.toMatchObject({
    code: 'ERR_DATA',
    message: expect.stringMatching(/: expected a folder with images, got none in it or below; /),
  });
});
