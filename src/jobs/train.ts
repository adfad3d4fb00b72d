import type { ConfigSources, ResolvedConfig } from '../run/config.ts';
import { beginRun, type RunJob, type RunJobOptions } from './runJob.ts';
import type { TrainedResult } from './work/train.ts';

/**
 * Trains the architecture of a configuration from scratch: begun at once, in a thread of its own, with
 * events, progress and a result as `search` has them.
 *
 *     const { arch } = await search().result();
 *     const job = train({ config: { arch } }, { out: 'runs/trained' });
 *     console.log(await job.result());
 *
 * @param config with an `arch`
 * @throws EnasTorchError ERR_ARGUMENT for a wrong configuration or option, at once
 */
export function train(
  config: ResolvedConfig | ConfigSources,
  options: RunJobOptions = {},
): RunJob<TrainedResult> {
  return beginRun('train', loadWork, config, options);
}

const loadWork = async () => (await import('./work/train.ts')).trainWork;
