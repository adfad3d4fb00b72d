import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';

/** Endings, in any case, by which a file in a folder is taken for an image. */
const endings = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.gif',
  '.avif',
  '.tif',
  '.tiff',
  '.svg',
];

/**
 * The images that paths stand for: a file for itself, whatever its name; a folder for all files in
 * it and below that end as images do, sorted by name in code units, hidden ones passed over. A path
 * where there is nothing is kept, for whoever reads it to say so.
 *
 * @throws EnasTorchError ERR_DATA for a folder that holds no image
 */
export async function findImages(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!(await isFolder(path))) {
      found.push(path);
      continue;
    }
    const images = await walk(path, []);
    if (images.length === 0) {
      throw new EnasTorchError(
        'ERR_DATA',
        `${path}: expected a folder with images, got none in it or below; ` +
          `images end in ${endings.join(', ')}`,
      );
    }
    for (const image of images) found.push(image);
  }
  return found;
}

/** @param above the folders this one is in: a link that leads back to one of them is passed over */
async function walk(folder: string, above: readonly string[]): Promise<string[]> {
  const here = await realpath(folder);
  if (above.includes(here)) return [];
  const images: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const goesDeeper = entry.isSymbolicLink() ? await isFolder(path) : entry.isDirectory();
    if (goesDeeper) {
      for (const image of await walk(path, [...above, here])) images.push(image);
    } else if (endings.some((ending) => entry.name.toLowerCase().endsWith(ending))) {
      images.push(path);
    }
  }
  return images;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
