import type { ImageDataset } from '../../src/data/dataset.ts';
import { syntheticDataset } from './synthetic.ts';

/** A data set in which, while it is poisoned, every pixel is no number. */
export function poisonable(): { dataset: ImageDataset; poison: (on: boolean) => void } {
  const dataset = syntheticDataset();
  const mean = [...dataset.mean];
  const poison = (on: boolean) => {
    for (const i of mean.keys()) mean[i] = on ? Number.NaN : dataset.mean[i]!;
  };
  return { dataset: { ...dataset, mean }, poison };
}
