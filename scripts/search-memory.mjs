/**
 * How much memory a search of a tiny network holds after 1,000 and after 10,000 ω steps (θ phases and
 * checkpoints between them): `npm run search-memory`. Exits with 1 where it grew by more than 2 %.
 *
 * V8 is given a young generation of 1 MiB and no threads of its own, since what those hold is no part of
 * the search: a young generation of 32 MiB has 15 to 31 resident, as the machine is busy or idle, and each
 * of the threads that compile and collect garbage comes to hold 4 MiB within some thousand steps.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { resolveConfig } from '../dist/run/config.js';
import { RunDirectory } from '../dist/run/directory.js';
import { search } from '../dist/search/search.js';
import * as torch from '../dist/torch/index.js';

const steps = 10_000;
const stepsPerEpoch = 100;
const batch = 8;
const most = 1.02;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const split = (count) => ({
  images: torch.randint(0, 255, [count, 3, 8, 8], { dtype: 'uint8', seed: 1 }),
  labels: torch.randint(0, 4, [count], { seed: 2 }),
});
const dataset = {
  name: 'random',
  classes: ['a', 'b', 'c', 'd'],
  channels: 3,
  height: 8,
  width: 8,
  train: split(stepsPerEpoch * batch),
  valid: split(16),
  test: split(16),
  mean: [0.5, 0.5, 0.5],
  std: [0.3, 0.3, 0.3],
  fingerprint: 'random',
};
const config = resolveConfig({
  config: {
    device: 'cpu',
    precision: 'fp32',
    space: { options: { layers: 3, filters: 4 } },
    search: {
      epochs: steps / stepsPerEpoch,
      omega: { batch },
      theta: { steps: 2, aggregate: 2, rewardBatch: 8, units: 8 },
      derive: { samples: 2 },
    },
  },
});

const folder = mkdtempSync(path.join(tmpdir(), 'enas-torch-memory-'));
const directory = RunDirectory.create(config, path.join(folder, 'run'));
const held = new Map();
try {
  for await (const event of search(directory.config, { runDirectory: directory, dataset })) {
    if (event.type !== 'child:step' || event.step % 1000 !== 0) continue;
    collectGarbage();
    const mebibytes = process.memoryUsage.rss() / 2 ** 20;
    held.set(event.step, mebibytes);
    const heap = process.memoryUsage().heapUsed / 2 ** 20;
    console.log(
      `${event.step} steps: ${mebibytes.toFixed(1)} MiB, ${heap.toFixed(1)} MiB of V8's heap in use, ` +
        `${torch.memory().tensors} tensors`,
    );
  }
} finally {
  directory.close();
  rmSync(folder, { recursive: true });
}
const ratio = held.get(steps) / held.get(1000);
console.log(`after ${steps} steps ${ratio.toFixed(4)} of what it was after 1000`);
process.exitCode = ratio > most ? 1 : 0;
