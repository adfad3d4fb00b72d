import type { Dataset } from '../../src/learning/createLearner.ts';
import type { KeepingOptions } from '../../src/learning/keeping.ts';
import type { ResolvedConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';

export interface Running {
  readonly config: ResolvedConfig;
  readonly dataset: Dataset;
  /** Events after which it is aborted. */
  readonly stopAfter?: number;
  /** Events after which it is left, as one that is killed is. */
  readonly killAfter?: number;
  /** Goes on with what is there. */
  readonly resume?: boolean;
}

/** The events of a search or a training in `path`, up to where it is stopped. */
export async function runIn(
  path: string,
  run: (config: ResolvedConfig, options: KeepingOptions) => AsyncGenerator<RunEvent>,
  { config, dataset, stopAfter, killAfter, resume = false }: Running,
): Promise<RunEvent[]> {
  const directory = resume ? RunDirectory.open(path) : RunDirectory.create(config, path);
  const controller = new AbortController();
  const events: RunEvent[] = [];
  try {
    const checkpoint = resume ? await directory.takeUp() : null;
    const { signal } = controller;
    const options = { runDirectory: directory, dataset, resume: checkpoint, signal };
    for await (const event of run(directory.config, options)) {
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
