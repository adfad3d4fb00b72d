import { type PartialConfig, type ResolvedConfig, spaceOf } from '../../src/run/config.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { train } from '../../src/train/train.ts';
import { type Running, runIn } from '../search/running.ts';
import { syntheticDataset, tinyConfig } from '../search/synthetic.ts';

/** The architecture of a space's first choices, with every other skip on. */
export function firstArch(config: ResolvedConfig): unknown {
  const space = spaceOf(config);
  return space.decode(
    space.decisions.map((decision) =>
      decision.kind === 'skips' ? decision.among.map((_, i) => i % 2) : 0,
    ),
  );
}

/** A training of a second: a network of 3 layers, 3 epochs of 6 steps. */
export function tinyTrainConfig(train: PartialConfig['train'] = {}): ResolvedConfig {
  const config = tinyConfig({
    space: { options: { layers: 3, filters: 4, fixed: { filters: 4 } } },
    train: { epochs: 3, batch: 16, holdOut: true, ...train },
  } as PartialConfig);
  return { ...config, arch: firstArch(config) };
}

/** A training in `path`, on the synthetic images where nothing else is given. */
export const runTrain = (path: string, own: Partial<Running> = {}): Promise<RunEvent[]> =>
  runIn(path, train, { config: tinyTrainConfig(), dataset: syntheticDataset(), ...own });

export const ofType = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
