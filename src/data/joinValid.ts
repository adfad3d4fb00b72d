import * as torch from '../torch/index.ts';
import type { ImageDataset } from './dataset.ts';

/**
 * The data set with its validation images among the training images, after them: what a network that
 * is only to be tested learns from (CIFAR-10: all 50,000). Mean, standard deviation and fingerprint
 * stay as they are, so that an image is standardised as in the search.
 */
export function joinValid(dataset: ImageDataset): ImageDataset {
  const { train, valid } = dataset;
  return {
    ...dataset,
    train: {
      images: torch.cat([train.images, valid.images]),
      labels: torch.cat([train.labels, valid.labels]),
    },
  };
}
