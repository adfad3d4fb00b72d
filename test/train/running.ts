import type { Dataset } from '../../src/learning/createLearner.ts';
import { type PartialConfig, type ResolvedConfig, spaceOf } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { train } from '../../src/train/train.ts';
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

/**
 * Trains in `path`, going on with what is there; aborts after `stopAfter` events, or leaves it after
 * `killAfter` as one that is killed does.
 */
export async function runTrain(
  path: string,
  {
    config = tinyTrainConfig(),
    dataset = syntheticDataset() as Dataset,
    stopAfter = Number.POSITIVE_INFINITY,
    killAfter = Number.POSITIVE_INFINITY,
    resume = false,
  } = {},
): Promise<RunEvent[]> {
  const directory = resume ? RunDirectory.open(path) : RunDirectory.create(config, path);
  const controller = new AbortController();
  const events: RunEvent[] = [];
  try {
    const checkpoint = resume ? await directory.takeUp() : null;
    const options = { runDirectory: directory, dataset, resume: checkpoint };
    for await (const event of train(directory.config, { ...options, signal: controller.signal })) {
      events.push(event);
      if (events.length === stopAfter) controller.abort();
      if (events.length === killAfter) break;
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_ABORTED') throw error;
  } finally {
    directory.close();
  }
  return events;
}

export const ofType = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
