import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkInteger, checkOneOf, unexpected } from '../errors/check.ts';
import type { Device } from '../torch/index.ts';
import type { ImageDataset } from './dataset.ts';
import { limitTrain } from './limit.ts';

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

const kinds = ['builtin', 'cifar10', 'images'] as const;

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
  const source = parseSpec(spec);
  const dataset = await open(source, device, onProgress, signal);
  return trainLimit === null ? dataset : limitTrain(dataset, trainLimit, seed);
}

type Source =
  | { readonly kind: 'builtin' }
  | { readonly kind: 'cifar10' | 'images'; readonly folder: string };

function parseSpec(spec: string): Source {
  const colon = spec.indexOf(':');
  const kind = checkOneOf('data', colon === -1 ? spec : spec.slice(0, colon), kinds);
  const folder = colon === -1 ? '' : spec.slice(colon + 1);
  if (kind === 'builtin') {
    if (colon !== -1) throw unexpected('data', 'builtin alone', spec, 'it has no folder');
    return { kind };
  }
  if (folder === '') {
    throw unexpected('data', `${kind}:<folder>`, spec, 'name the folder after a colon');
  }
  // No shell expands a tilde in the middle of a word.
  return { kind, folder: folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder };
}

/** Each kind's code is loaded when it is asked for: sharp alone costs a tenth of a second. */
async function open(
  source: Source,
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
