import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { ImageDataset } from '../../src/data/dataset.ts';
import { type PartialConfig, type ResolvedConfig, resolveConfig } from '../../src/run/config.ts';
import { isClockField, type RunEvent } from '../../src/run/events.ts';
import { search } from '../../src/search/search.ts';
import * as torch from '../../src/torch/index.ts';
import { type Running, runIn } from './running.ts';

/** 8×8 images whose colour tells the class, whatever is cropped away: learnable in seconds. */
export function syntheticDataset({
  fingerprint = 'synthetic',
  trainImages = 100,
} = {}): ImageDataset {
  const split = (n: number, seed: number) => {
    const labels = torch.randint(0, 4, [n], { seed });
    const noise = torch.randint(0, 100, [n, 3, 8, 8], { seed: seed + 1 });
    const colour = torch.oneHot(labels, 4).narrow(1, 0, 3).mul(100).reshape([n, 3, 1, 1]);
    const images = noise.add(colour).to({ dtype: 'uint8' });
    return { images, labels };
  };
  return {
    name: 'synthetic',
    classes: ['red', 'green', 'blue', 'grey'],
    channels: 3,
    height: 8,
    width: 8,
    train: split(trainImages, 1),
    valid: split(50, 3),
    test: split(50, 5),
    mean: [0.29, 0.29, 0.29],
    std: [0.2, 0.2, 0.2],
    fingerprint,
  };
}

/** A search of a few seconds: 3 layers, 2 epochs of 6 ω steps and 4 θ steps. */
export function tinyConfig(own: PartialConfig = {}): ResolvedConfig {
  return resolveConfig({
    config: {
      device: 'cpu',
      precision: 'fp32',
      ...own,
      space: { options: { layers: 3, filters: 4 }, ...own.space },
      search: {
        epochs: 2,
        derive: { samples: 4 },
        ...own.search,
        omega: { batch: 16, lr: { period: 2 }, ...own.search?.omega },
        theta: { steps: 4, aggregate: 2, rewardBatch: 16, units: 8, ...own.search?.theta },
      },
    },
  });
}

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryRun(): string {
  const folder = mkdtempSync(join(tmpdir(), 'enas-torch-search-'));
  folders.push(folder);
  return join(folder, 'run');
}

/** A search in `path`, of {@link syntheticDataset} where nothing else is given. */
export const runSearch = (path: string, own: Partial<Running> = {}): Promise<RunEvent[]> =>
  runIn(path, search, { config: tinyConfig(), dataset: syntheticDataset(), ...own });

/** A run's `metrics.jsonl` without what depends on the clock. */
export function metricsOf(path: string): unknown[] {
  return readFileSync(join(path, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) =>
      JSON.parse(line, (key, value) => (key !== '' && isClockField(key) ? undefined : value)),
    );
}
