import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';

const layoutRemedy = 'give the folder that holds train/ and test/';

/** An image file, not read yet. */
export interface ImageFile {
  /** From the data set's folder on, with `/`. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** Index into the classes. */
  readonly label: number;
}

/** What a folder of images holds; everything sorted by name. */
export interface ImageListing {
  readonly classes: readonly string[];
  readonly train: readonly ImageFile[];
  /** Null where there is no folder valid/. */
  readonly valid: readonly ImageFile[] | null;
  readonly test: readonly ImageFile[];
}

/**
 * Lists train/<class>/*, test/<class>/* and, where there is one, valid/<class>/*. Hidden files and
 * folders are passed over, as are files beside the class folders.
 *
 * @throws EnasTorchError ERR_DATA for a missing or empty folder, and where the classes disagree
 */
export async function listImages(folder: string): Promise<ImageListing> {
  const found = await entries(folder);
  if (found === undefined) throw refused(folder, 'there is no such folder');
  for (const split of ['train', 'test']) {
    if (!found.some(({ name }) => name === split)) throw refused(folder, `there is no ${split}/`);
  }
  const hasValid = found.some(({ name }) => name === 'valid');
  const classes = await classFolders(folder, 'train');
  for (const split of hasValid ? ['valid', 'test'] : ['test']) {
    compare(folder, classes, split, await classFolders(folder, split));
  }
  const train = await listSplit(folder, 'train', classes);
  if (!hasValid && train.length < 2) {
    throw refused(
      join(folder, 'train'),
      'there is one image, and validation needs one too',
      'add images',
    );
  }
  return {
    classes,
    train,
    valid: hasValid ? await listSplit(folder, 'valid', classes) : null,
    test: await listSplit(folder, 'test', classes),
  };
}

async function classFolders(folder: string, split: string): Promise<string[]> {
  const path = join(folder, split);
  const names: string[] = [];
  for (const entry of (await entries(path)) ?? []) {
    const isFolder =
      entry.isDirectory() ||
      (entry.isSymbolicLink() && (await statusOf(join(path, entry.name))).isDirectory());
    if (isFolder) names.push(entry.name);
  }
  if (names.length === 0) throw refused(path, 'there is no class folder in it');
  return names;
}

function compare(
  folder: string,
  classes: readonly string[],
  split: string,
  others: readonly string[],
): void {
  const missing = classes.filter((name) => !others.includes(name));
  const surplus = others.filter((name) => !classes.includes(name));
  const differences = [
    missing.length === 0 ? [] : `${split}/ lacks ${some(missing)}`,
    surplus.length === 0 ? [] : `${split}/ has ${some(surplus)}, which train/ lacks`,
  ].flat();
  if (differences.length === 0) return;
  throw new EnasTorchError(
    'ERR_DATA',
    `${folder}: expected the same class folders in train/ and ${split}/, but ` +
      `${differences.join(' and ')}; add or remove folders until they agree`,
  );
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

async function listSplit(
  folder: string,
  split: string,
  classes: readonly string[],
): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  for (const [label, name] of classes.entries()) {
    const path = join(folder, split, name);
    const found = (await entries(path)) ?? [];
    if (found.length === 0) throw refused(path, 'the class folder is empty', 'fill or remove it');
    const listed = await Promise.all(
      found.map(async (entry) => {
        const status = await statusOf(join(path, entry.name));
        if (!status.isFile()) {
          throw refused(
            join(path, entry.name),
            'a class folder holds image files only',
            'move it away',
          );
        }
        const { size, mtimeMs } = status;
        return { path: `${split}/${name}/${entry.name}`, size, mtimeMs, label };
      }),
    );
    for (const file of listed) files.push(file);
  }
  return files;
}

/** What is not hidden, sorted by name in code units, whatever the locale; undefined for no folder. */
async function entries(folder: string): Promise<Dirent[] | undefined> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function statusOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const problem = 'expected a file or folder, the link leads nowhere';
    throw new EnasTorchError('ERR_DATA', `${path}: ${problem}; remove it`, { cause: error });
  }
}

function refused(path: string, problem: string, remedy = layoutRemedy): EnasTorchError {
  return new EnasTorchError(
    'ERR_DATA',
    `${path}: expected images in train/<class>/ and test/<class>/, ${problem}; ${remedy}`,
  );
}
