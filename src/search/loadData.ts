import type { ImageDataset } from '../data/dataset.ts';
import { loadImages } from '../data/load.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { Device } from '../torch/index.ts';

/** The data set that a configuration names, on a device. */
export function loadData(
  { data: { spec, trainLimit }, seed }: ResolvedConfig,
  device: Device,
  signal?: AbortSignal,
): Promise<ImageDataset> {
  return loadImages(spec, { device, trainLimit, seed, ...(signal && { signal }) });
}
