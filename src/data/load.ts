import type { Device } from '../torch/index.ts';
import type { ImageDataset } from './dataset.ts';

export declare function loadImages(
  spec: string,
  options: { device: Device; trainLimit: number | null; seed: number },
): Promise<ImageDataset>;
