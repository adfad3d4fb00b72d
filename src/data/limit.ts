import { Streams } from '../random/streams.ts';
import * as torch from '../torch/index.ts';
import type { ImageDataset } from './dataset.ts';

/**
 * The data set with only the first `limit` training images of a shuffle by `seed`, all of them where
 * there are no more. The shuffle is made on the CPU, so that every device keeps the same images.
 * Mean, standard deviation and fingerprint stay those of the whole set, whose tensor of training
 * images is released.
 */
export function limitTrain(dataset: ImageDataset, limit: number, seed: number): ImageDataset {
  const { images, labels } = dataset.train;
  if (labels.numel() <= limit) return dataset;
  const train = torch.scope(() => {
    const order = torch.randperm(labels.numel(), { seed: new Streams(seed).key('data/limit') });
    const kept = order.narrow(0, 0, limit).to({ device: images.device });
    return { images: images.indexSelect(0, kept), labels: labels.indexSelect(0, kept) };
  });
  images.dispose();
  labels.dispose();
  return { ...dataset, train };
}
