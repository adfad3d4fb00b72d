import { deepEqual, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedConfig } from '../../../src/run/config.ts';
import { RunDirectory } from '../../../src/run/directory.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { search } from '../../../src/search/search.ts';
import type { Device } from '../../../src/torch/index.ts';
import { train } from '../../../src/train/train.ts';
import type { Check } from './check.ts';
import { closeLosses, colours, macro, micro } from './networks.ts';

/** Calls `work` with a run directory of a folder that is removed afterwards. */
async function inRun(
  config: ResolvedConfig,
  work: (directory: RunDirectory) => AsyncIterable<RunEvent>,
): Promise<RunEvent[]> {
  const folder = mkdtempSync(join(tmpdir(), 'enas-torch-check-'));
  const directory = RunDirectory.create(config, join(folder, 'run'));
  try {
    const events: RunEvent[] = [];
    for await (const event of work(directory)) events.push(event);
    return events;
  } finally {
    directory.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const training = (config: ResolvedConfig, device: Device, cudaGraph: boolean) =>
  inRun(config, (runDirectory) =>
    train(config, { runDirectory, dataset: colours(device), cudaGraph }),
  );

const losses = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'train:step' ? [event.loss] : []));

const networks: Record<string, (device: Device) => ResolvedConfig> = { macro, micro };

export const trainingChecks: readonly Check[] = [
  ...Object.entries(networks).map(
    ([name, config]): Check => ({
      name: `a ${name} network has the losses of the CPU over its first steps`,
      on: 'any',
      async run(device) {
        // Dropout draws differ from device to device; everything else is the same.
        const without = (place: Device) => {
          const whole = config(place);
          const { options } = whole.space;
          const fixed = { ...(options.fixed as object), keepProb: 1, ...noDropPath(name) };
          return { ...whole, space: { ...whole.space, options: { ...options, fixed } } };
        };
        const got = losses(await training(without(device), device, false));
        const expected = losses(await training(without('cpu'), 'cpu', false));
        closeLosses(got.slice(0, 6), expected.slice(0, 6), device === 'cpu' ? 0 : 0.02);
      },
    }),
  ),
  ...Object.entries(networks).map(
    ([name, config]): Check => ({
      name: `a ${name} network learns the same by captured graphs as by single launches`,
      on: 'cuda',
      async run(device) {
        const captured = await training(config(device), device, true);
        const warnings = captured.filter(({ type }) => type === 'warning');
        deepEqual(warnings, [], 'the step must have been captured');
        const single = await training(config(device), device, false);
        closeLosses(losses(captured), losses(single), 0.02);
      },
    }),
  ),
  {
    name: 'a search goes through its phases and derives an architecture',
    on: 'any',
    async run(device) {
      const config = { ...macro(device), arch: null };
      const events = await inRun(config, (runDirectory) =>
        search(config, { runDirectory, dataset: colours(device) }),
      );
      const last = events.at(-1)!;
      ok(last.type === 'done', `the last event is ${last.type}`);
      deepEqual(events.filter(({ type }) => type === 'controller:step').length, 3);
    },
  },
];

const noDropPath = (name: string) => (name === 'micro' ? { dropPathKeep: 1 } : {});
