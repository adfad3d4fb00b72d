import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';
import type { Device } from '../torch/index.ts';
import { assemble, type RawSplit } from './assemble.ts';
import type { ImageDataset } from './dataset.ts';

/** The folder inside CIFAR-10's binary archive. */
export const cifar10Folder = 'cifar-10-batches-bin';

const trainFiles = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const testFile = 'test_batch.bin';
const namesFile = 'batches.meta.txt';

const imagesPerFile = 10_000;
const pixelBytes = 3 * 32 * 32;
/** A label, then the red, green and blue plane. */
const recordBytes = 1 + pixelBytes;
const fileBytes = imagesPerFile * recordBytes;
/** Of the 50,000 training images, the first; the other 5,000 are for validation. */
const trainImages = 45_000;

/** The files that {@link cifar10} cannot do without. */
export const cifar10Files = [...trainFiles, testFile].map((name) => ({ name, bytes: fileBytes }));

const standardNames = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/**
 * CIFAR-10 from its binary files: the first 45,000 training images to train on, the last 5,000 for
 * validation (Pham et al. 2018, section 3.2), 10,000 for the test.
 *
 * @param folder the extracted `cifar-10-batches-bin`, or the folder it lies in
 * @throws EnasTorchError ERR_DATA naming the file that is missing or damaged
 */
export async function cifar10(
  folder: string,
  { device = 'cpu' }: { readonly device?: Device } = {},
): Promise<ImageDataset> {
  const path = await locate(folder);
  const classes = await classNames(join(path, namesFile));
  const labels: number[] = [];
  const pixels = new Uint8Array(trainFiles.length * imagesPerFile * pixelBytes);
  for (const [i, name] of trainFiles.entries()) {
    const into = pixels.subarray(i * imagesPerFile * pixelBytes);
    labels.push(...(await readRecords(join(path, name), into)));
  }
  const test = new Uint8Array(imagesPerFile * pixelBytes);
  const testLabels = await readRecords(join(path, testFile), test);
  const part = (start: number, end: number): RawSplit => ({
    pixels: pixels.subarray(start * pixelBytes, end * pixelBytes),
    labels: labels.slice(start, end),
  });
  return assemble(
    {
      name: 'CIFAR-10',
      classes,
      channels: 3,
      height: 32,
      width: 32,
      train: part(0, trainImages),
      valid: part(trainImages, labels.length),
      test: { pixels: test, labels: testLabels },
    },
    device,
  );
}

/** The folder with the binary files: `folder` or the archive's folder in it. */
async function locate(folder: string): Promise<string> {
  for (const path of [folder, join(folder, cifar10Folder)]) {
    for (const { name } of cifar10Files) {
      if (await exists(join(path, name))) return path;
    }
  }
  const remedy = `fetch it: enas-torch data cifar10 ${folder}`;
  const problem = !(await exists(folder))
    ? 'there is no such folder'
    : (await exists(join(folder, 'data_batch_1'))) ||
        (await exists(join(folder, 'cifar-10-batches-py')))
      ? 'these are the Python files, the binary version is needed'
      : `there is no ${trainFiles[0]}, nor a folder ${cifar10Folder}`;
  throw damaged(folder, "a folder with CIFAR-10's binary files", problem, remedy);
}

/** Copies a file's images to `into`, uint8 [10,000, 3, 32, 32], and gives their labels. */
async function readRecords(path: string, into: Uint8Array): Promise<number[]> {
  const size = await sizeOf(path);
  const refetch = 'fetch it again: enas-torch data cifar10 <folder>';
  if (size === undefined) {
    throw damaged(path, `${fileBytes} bytes`, 'there is no such file', refetch);
  }
  if (size !== fileBytes) throw damaged(path, `${fileBytes} bytes`, `there are ${size}`, refetch);
  const bytes = await readFile(path);
  const labels: number[] = [];
  for (let i = 0; i < imagesPerFile; i++) {
    const start = i * recordBytes;
    const label = bytes[start]!;
    if (label > 9) {
      throw damaged(path, 'labels from 0 to 9', `image ${i} has the label ${label}`, refetch);
    }
    labels.push(label);
    into.set(bytes.subarray(start + 1, start + recordBytes), i * pixelBytes);
  }
  return labels;
}

async function classNames(path: string): Promise<readonly string[]> {
  if (!(await exists(path))) return standardNames;
  const names = (await readFile(path, 'utf8'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length !== standardNames.length) {
    const remedy = 'remove the file, and the usual names are used';
    throw damaged(path, 'ten class names, one a line', `there are ${names.length}`, remedy);
  }
  return names;
}

function damaged(path: string, expected: string, problem: string, remedy: string): EnasTorchError {
  return new EnasTorchError('ERR_DATA', `${path}: expected ${expected}, ${problem}; ${remedy}`);
}

async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
