import { Controller } from '../controller/controller.ts';
import { copyInto } from '../learning/parameters.ts';
import { Streams } from '../random/streams.ts';
import { type ResolvedConfig, spaceOf } from '../run/config.ts';
import { openRun } from './openRun.ts';

export interface SampleOptions {
  readonly config: ResolvedConfig;
  readonly count: number;
  /** Use the controller of this run's last checkpoint rather than an untrained one. */
  readonly run?: string;
}

/** Architectures drawn from a controller; a function of the configuration's seed. */
export async function sampleArchitectures({
  config,
  count,
  run,
}: SampleOptions): Promise<unknown[]> {
  const space = spaceOf(config);
  const streams = new Streams(config.seed);
  const controller = new Controller(space.decisions, config.search.theta, streams);
  if (run !== undefined) {
    const { directory, checkpoint } = await openRun(run);
    try {
      const saved = await checkpoint.tensors('controller');
      copyInto('controller', Object.fromEntries(controller.theta), saved);
    } finally {
      directory.close();
    }
  }
  return controller.draw(count, streams, 'sample', 0).map((choices) => space.decode(choices));
}
