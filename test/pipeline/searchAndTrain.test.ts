import { expect, it, vi } from 'vitest';
import { searchAndTrain } from '../../src/pipeline/searchAndTrain.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { syntheticDataset, temporaryRun } from '../search/synthetic.ts';
import { ofType, tinyTrainConfig } from '../train/running.ts';

vi.mock(import('../../src/torch/index.ts'), async (importOriginal) => ({
  ...(await importOriginal()),
  bf16IsNative: () => false,
}));

/** Searches and trains in `path`; stops after `stopAfter` events of the training. */
async function run(path: string, { stopAfter = Number.POSITIVE_INFINITY, resume = false } = {}) {
  const config = { ...tinyTrainConfig({ epochs: 1 }), arch: null, precision: 'bf16' } as const;
  const runDirectory = resume ? RunDirectory.open(path) : RunDirectory.create(config, path);
  const options = { runDirectory, dataset: syntheticDataset(), resume };
  const events: RunEvent[] = [];
  try {
    for await (const event of searchAndTrain(options)) {
      events.push(event);
      const begun = events.findIndex(({ type }) => type === 'train:start');
      if (begun >= 0 && events.length - begun === stopAfter) break;
    }
  } finally {
    runDirectory.close();
  }
  return events;
}

it('a search and its training warn once that bf16 is emulated', async () => {
  const events = await run(temporaryRun());
  expect(ofType(events, 'warning').map(({ code }) => code)).toEqual(['precision-emulated']);
  expect(events[1]!.type).toBe('warning');
  expect(ofType(events, 'train:start')).toMatchObject([{ precision: 'bf16' }]);
  expect(events.at(-1)!.type).toBe('train:done');
});

it('a training that is gone on with after its search warns of it again', async () => {
  const path = temporaryRun();
  await run(path, { stopAfter: 3 });
  const events = await run(path, { resume: true });
  expect(events.map(({ type }) => type).slice(0, 2)).toEqual(['train:start', 'warning']);
  expect(ofType(events, 'warning').map(({ code }) => code)).toEqual(['precision-emulated']);
});
