import { deepEqual } from 'node:assert/strict';
import { Batches } from '../../../src/data/batches.ts';
import { Streams } from '../../../src/random/streams.ts';
import * as torch from '../../../src/torch/index.ts';
import { type Check, same } from './check.ts';
import { colours } from './networks.ts';

export const dataChecks: readonly Check[] = [
  {
    name: 'minibatches, augmented and not, are bit for bit those of the CPU',
    on: 'any',
    run(device) {
      const [here, there] = [device, 'cpu' as const].map(
        (place) => new Batches(colours(place), new Streams(3)),
      ) as [Batches, Batches];
      for (const cutout of [0, 3]) {
        for (const index of [0, 5]) {
          const [got, expected] = [here, there].map((batches) =>
            batches.train(2, 16, { cutout }).at(index),
          );
          deepEqual(got!.images.device, device);
          same(got!.images, expected!.images, `images ${index}, cutout ${cutout}`);
          same(got!.labels, expected!.labels, `labels ${index}`);
        }
      }
      const [got, expected] = [here, there].map((batches) => batches.reward(4, 16));
      same(got!.images, expected!.images, 'reward images');
      same(got!.labels, expected!.labels, 'reward labels');
    },
  },
  {
    name: 'a tensor that is uploaded arrives whole, whatever becomes of the one it was made from',
    on: 'any',
    run(device) {
      const expected = torch.arange(100_000).to({ dtype: 'float32' });
      const host = expected.clone();
      const there = torch.upload(host, device);
      deepEqual(there.device, device);
      if (device !== 'cpu') host.fill_(-1);
      same(there, expected, 'the uploaded tensor');
      const array = Float32Array.from({ length: 1000 }, (_, i) => i);
      const copied = torch.fromTypedArray(array, [1000], { device });
      array.fill(-1);
      deepEqual(copied.sum().item(), 499_500);
    },
  },
];
