import { fileURLToPath } from 'node:url';
import type * as Package from '../../src/index.ts';

// Threads are begun from files, so that these are tests of the package as it is built.
const url = new URL('../../dist/index.js', import.meta.url);

export const built = (await import(fileURLToPath(url))) as typeof Package;

/** Settings of a search, or a training, of about a second. */
export const tiny = {
  space: 'macro',
  flags: { epochs: 2, batch: 16, trainLimit: 160, layers: 3, filters: 4, device: 'cpu' },
} as const;

/** The steps of a tiny search beside its flags. */
export const tinySearch = {
  ...tiny,
  config: { search: { theta: { steps: 3, rewardBatch: 50 }, derive: { samples: 3 } } },
} as const;
