import { checkInteger } from '../errors/check.ts';
import type { Device } from '../torch/index.ts';
import type { ImageDataset } from './dataset.ts';
import { limitTrain } from './limit.ts';
import { parseSpec, type Source } from './spec.ts';
import type { TextDataset } from './text/dataset.ts';

/** Called now and then while a data set is prepared: `done` of `total` images. */
export type LoadProgress = (done: number, total: number) => void;

export interface LoadOptions {
  /** Where the images are put. Default cpu. */
  readonly device?: Device;
  /** Keep only so many training images, the first of a shuffle by `seed`. Default null: all. */
  readonly trainLimit?: number | null;
  /** Of the shuffle of `trainLimit`. Default 1. */
  readonly seed?: number;
  /** Hears of image files being decoded; other kinds are there at once. */
  readonly onProgress?: LoadProgress;
  /** Aborting it ends the decoding of image files with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The data set that `spec` names: `builtin`, `cifar10:<folder>` with CIFAR-10's binary files, or
 * `images:<folder>` with train/<class>/ and test/<class>/. A folder may begin with `~/`.
 *
 * @throws EnasTorchError ERR_ARGUMENT for another spec; ERR_DATA for files missing or damaged
 */
export async function loadImages(
  spec: string,
  { device = 'cpu', trainLimit = null, seed = 1, onProgress, signal }: LoadOptions = {},
): Promise<ImageDataset> {
  if (trainLimit !== null) checkInteger('trainLimit', trainLimit, 1);
  const source = parseSpec(spec, 'images');
  const dataset = await openImages(source, device, onProgress, signal);
  return trainLimit === null ? dataset : limitTrain(dataset, trainLimit, seed);
}

export interface LoadTextOptions {
  /** Where the tokens are put. Default cpu. */
  readonly device?: Device;
  /** Keep only so many training tokens, the first. Default null: all. */
  readonly trainLimit?: number | null;
  /** Most types the vocabulary may have, `<eos>` and `<unk>` among them. Default null: all. */
  readonly vocabularyLimit?: number | null;
  /** Aborting it ends the reading with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The text that `spec` names: `builtin`, or `text:<folder>` with train.txt, valid.txt and test.txt
 * or the Penn Treebank's ptb.train.txt, ptb.valid.txt and ptb.test.txt. A folder may begin with `~/`.
 *
 * @throws EnasTorchError ERR_ARGUMENT for another spec; ERR_DATA for files missing or damaged
 */
export async function loadText(
  spec: string,
  { device = 'cpu', trainLimit = null, vocabularyLimit = null, signal }: LoadTextOptions = {},
): Promise<TextDataset> {
  if (trainLimit !== null) checkInteger('trainLimit', trainLimit, 1);
  if (vocabularyLimit !== null) checkInteger('vocabularyLimit', vocabularyLimit, 2);
  const source = parseSpec(spec, 'text');
  const raw =
    source.kind === 'builtin'
      ? await (await import('./text/builtin.ts')).builtinText({ ...(signal && { signal }) })
      : await (await import('./text/folder.ts')).readTextFolder(source.folder, signal);
  const { assembleText } = await import('./text/assemble.ts');
  return assembleText(raw, { device, trainLimit, vocabularyLimit });
}

/** Each kind's code is loaded when it is asked for: sharp alone costs a tenth of a second. */
async function openImages(
  source: Source<'images'>,
  device: Device,
  onProgress?: LoadProgress,
  signal?: AbortSignal,
): Promise<ImageDataset> {
  switch (source.kind) {
    case 'builtin':
      return await (await import('./builtin.ts')).builtin({ device });
    case 'cifar10':
      return await (await import('./cifar10.ts')).cifar10(source.folder, { device });
    case 'images': {
      const { imageFolders } = await import('./images.ts');
      return await imageFolders(source.folder, {
        device,
        ...(onProgress && { onProgress }),
        ...(signal && { signal }),
      });
    }
  }
}
