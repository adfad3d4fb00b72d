import type { LoadProgress } from '../data/load.ts';
import { AbortError } from '../errors/abortError.ts';
import { type ResolvedConfig, taskKindOf } from '../run/config.ts';
import type { Device } from '../torch/index.ts';
import type { Dataset } from './createLearner.ts';

export interface LoadDataOptions {
  /** Aborting it ends the decoding of image files. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of image files being decoded, which can take a minute the first time. */
  readonly onDataProgress?: LoadProgress | undefined;
}

/**
 * The data set that a configuration names, on a device.
 * @throws AbortError when the signal was aborted; otherwise as `loadImages` and `loadText`
 */
export async function loadData(
  config: ResolvedConfig,
  device: Device,
  { signal, onDataProgress }: LoadDataOptions,
): Promise<Dataset> {
  const { data, seed } = config;
  const { loadImages, loadText } = await import('../data/load.ts');
  const options = { device, trainLimit: data.trainLimit, seed, ...(signal && { signal }) };
  try {
    if (taskKindOf(config) === 'text') {
      const vocabularyLimit = 'vocabularyLimit' in data ? data.vocabularyLimit : null;
      return await loadText(data.spec, { ...options, vocabularyLimit });
    }
    return await loadImages(data.spec, {
      ...options,
      ...(onDataProgress && { onProgress: onDataProgress }),
    });
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new AbortError('stopped while the data was read', { cause: error });
  }
}
