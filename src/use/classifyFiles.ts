import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { forEachLimited } from '../data/concurrency.ts';
import { findImages } from '../data/findImages.ts';
import { checkInteger, unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import * as torch from '../torch/index.ts';
import type { ImageModel, Model } from '../train/model.ts';
import { type ClassifyOptions, type ClassProbability, classify } from './classify.ts';
import { checkModelKind } from './modelKind.ts';

/** What a network takes an image file for, or why the file cannot be read. */
export type FilePrediction =
  | { readonly file: string; readonly classes: readonly ClassProbability[] }
  | { readonly file: string; readonly error: EnasTorchError };

/**
 * What a trained network takes image files for, decoded as its training images were: RGB, stretched
 * to the size of its data set. A file that cannot be decoded does not keep the others from being
 * predicted. `options.batch` files are read at a time.
 *
 * @param paths image files and folders; see `findImages`
 * @throws EnasTorchError ERR_ARGUMENT for a model for text or for images that are not RGB, ERR_DATA
 *   for a folder without images
 */
export async function* classifyFiles(
  model: Model,
  paths: readonly string[],
  options: ClassifyOptions = {},
): AsyncGenerator<FilePrediction> {
  checkModelKind('classify', model, 'images');
  if (model.task.channels !== 3) {
    throw unexpected(
      'classify: model',
      'one for images of 3 channels, which files are decoded to',
      model.task.channels,
      'decode the images yourself and give them to classify() as a tensor',
    );
  }
  const batch = checkInteger('classify: batch', options.batch ?? 64, 1);
  const files = await findImages(paths);
  for (let start = 0; start < files.length; start += batch) {
    yield* await classifyBatch(model, files.slice(start, start + batch), options);
  }
}

async function classifyBatch(
  model: ImageModel,
  files: readonly string[],
  options: ClassifyOptions,
): Promise<FilePrediction[]> {
  const { channels, height, width } = model.task;
  const decoded = await decodeEach(files, height, width);
  const good = decoded.filter((pixels) => pixels instanceof Uint8Array);
  const all = Buffer.concat(good);
  const classes = torch.scope(() =>
    classify(model, torch.fromTypedArray(all, [good.length, channels, height, width]), options),
  );
  let next = 0;
  return files.map((file, i) => {
    const pixels = decoded[i]!;
    return pixels instanceof Uint8Array
      ? { file, classes: classes[next++]! }
      : { file, error: pixels };
  });
}

/** Each file's pixels, uint8 [3, H, W], or why there are none. */
async function decodeEach(
  files: readonly string[],
  height: number,
  width: number,
): Promise<(Uint8Array | EnasTorchError)[]> {
  const { decodeImages } = await import('../data/imageDecoding.ts');
  const decoded: (Uint8Array | EnasTorchError)[] = new Array(files.length);
  await forEachLimited(files.length, 2 * availableParallelism(), async (i) => {
    const path = files[i]!;
    try {
      const { size } = await statusOf(path);
      decoded[i] = await decodeImages('', [{ path, size }], { height, width });
    } catch (error) {
      if (!(error instanceof EnasTorchError)) throw error;
      decoded[i] = error;
    }
  });
  return decoded;
}

async function statusOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = missing ? 'there is no such file' : (error as Error).message;
    throw new EnasTorchError('ERR_DATA', `${path}: expected an image file; ${problem}`, {
      cause: error,
    });
  }
}
