import type { ImageDataset } from '../data/dataset.ts';
import { type LoadProgress, loadImages } from '../data/load.ts';
import { EnasTorchError } from '../errors/error.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { Device } from '../torch/index.ts';

export interface LoadDataOptions {
  /** Aborting it ends the decoding of image files. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of image files being decoded, which can take a minute the first time. */
  readonly onDataProgress?: LoadProgress | undefined;
}

/**
 * The data set that a configuration names, on a device.
 * @throws EnasTorchError ERR_ABORTED when the signal was aborted; otherwise as `loadImages`
 */
export async function loadData(
  { data: { spec, trainLimit }, seed }: ResolvedConfig,
  device: Device,
  { signal, onDataProgress }: LoadDataOptions,
): Promise<ImageDataset> {
  try {
    return await loadImages(spec, {
      device,
      trainLimit,
      seed,
      ...(signal && { signal }),
      ...(onDataProgress && { onProgress: onDataProgress }),
    });
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new EnasTorchError('ERR_ABORTED', 'stopped while the images were read', { cause: error });
  }
}
