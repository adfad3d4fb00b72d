import { equal, ok } from 'node:assert/strict';
import type { ImageDataset } from '../../../src/data/dataset.ts';
import { type ResolvedConfig, resolveConfig, spaceOf } from '../../../src/run/config.ts';
import type { Device } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';

/** 8×8 images whose colour tells the class, the same on every device. */
export function colours(device: Device): ImageDataset {
  const split = (n: number, seed: number) =>
    torch.scope(() => {
      const labels = torch.randint(0, 4, [n], { seed });
      const noise = torch.randint(0, 100, [n, 3, 8, 8], { seed: seed + 1 });
      const colour = torch.oneHot(labels, 4).narrow(1, 0, 3).mul(100).reshape([n, 3, 1, 1]);
      const images = noise.add(colour).to({ dtype: 'uint8' });
      return { images: images.to({ device }), labels: labels.to({ device }) };
    });
  return {
    name: 'colours',
    classes: ['red', 'green', 'blue', 'grey'],
    channels: 3,
    height: 8,
    width: 8,
    train: split(100, 1),
    valid: split(50, 3),
    test: split(50, 5),
    mean: [0.29, 0.3, 0.31],
    std: [0.2, 0.21, 0.22],
    fingerprint: 'colours',
  };
}

/** A configuration in fp32 that trains the architecture of a space's first choices. */
export function tiny(space: string, device: Device, options: object, train: object = {}) {
  const config = resolveConfig({
    space,
    config: {
      device,
      precision: 'fp32',
      space: { options },
      search: {
        epochs: 1,
        omega: { batch: 16 },
        theta: { steps: 3, aggregate: 2, rewardBatch: 16, units: 8 },
        derive: { samples: 3 },
      },
      train: { epochs: 3, batch: 16, ...train },
    },
  } as object);
  const { decisions, decode } = spaceOf(config);
  const first = decisions.map((decision) =>
    decision.kind === 'skips' ? decision.among.map((_, i) => i % 2) : 0,
  );
  return { ...config, arch: decode(first) } as ResolvedConfig;
}

/** With drop-path, dropout and clipping. */
export const micro = (device: Device) =>
  tiny(
    'micro',
    device,
    {
      layers: 1,
      filters: 4,
      fixed: { layers: 1, filters: 4, dropPathKeep: 0.6, auxiliary: false, keepProb: 0.8 },
    },
    { clipNorm: 0.5 },
  );

export const macro = (device: Device) =>
  tiny('macro', device, { layers: 3, filters: 4, fixed: { filters: 4 } });

/** @param tolerance relative to each */
export function closeLosses(
  got: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  equal(got.length, expected.length);
  for (const [i, loss] of got.entries()) {
    const distance = Math.abs(loss - expected[i]!);
    ok(distance <= tolerance * expected[i]!, `step ${i + 1}: ${loss}, expected ${expected[i]}`);
  }
}
