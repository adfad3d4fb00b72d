import type { ConfigSources, ResolvedConfig } from '../run/config.ts';
import { beginRun, type RunJob, type RunJobOptions } from './runJob.ts';
import type { SearchResult } from './work/search.ts';

/**
 * A whole search (Pham et al. 2018, section 2): begun at once, in a thread of its own. Its events can be
 * iterated over, its progress read at any time, and `result()` is the best architecture.
 *
 *     const job = search({ space: 'macro', flags: { epochs: 2 } }, { out: 'runs/first' });
 *     for await (const event of job) if (event.type === 'epoch:end') console.log(event.reward);
 *     console.log((await job.result()).arch);
 *
 * Aborted, it writes a checkpoint and throws an AbortError; called again with `resume` it goes on as if it
 * had never been stopped.
 *
 * @param config a whole one, or what `resolveConfig` makes one from; `quick` settings by default
 * @throws EnasTorchError ERR_ARGUMENT for a wrong configuration or option, at once
 */
export function search(
  config: ResolvedConfig | ConfigSources = {},
  options: RunJobOptions = {},
): RunJob<SearchResult> {
  return beginRun('search', loadWork, config, options);
}

const loadWork = async () => (await import('./work/search.ts')).searchWork;
