import { type CustomSpace, isCustomSpace } from '../custom/defineSpace.ts';
import type { BestOf, SpaceEvent } from '../custom/events.ts';
import { unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import type { ConfigSources, ResolvedConfig } from '../run/config.ts';
import type { ChildReward } from '../search/rewards.ts';
import type { CountProgress } from './countProgress.ts';
import type { Job } from './job.ts';
import { beginRun, type RunJob, type RunJobOptions, runJobKeys } from './runJob.ts';
import { type SearchSpaceOptions, searchSpace } from './searchSpace.ts';
import type { SearchResult } from './work/search.ts';

export interface SearchJobOptions extends RunJobOptions {
  /**
   * What the controller learns from, and the best is chosen by, in place of accuracy or perplexity alone,
   * such as `({ accuracy, parameters }) => accuracy! - 1e-8 * parameters`; only with `inProcess`. A
   * search that is resumed must be given it again.
   */
  readonly reward?: ChildReward;
}

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
  config?: ResolvedConfig | ConfigSources,
  options?: SearchJobOptions,
): RunJob<SearchResult>;
/** The search of a space made by `defineSpace`: the controller alone, learning from its rewards. */
export function search<Arch>(
  space: CustomSpace<Arch>,
  options?: SearchSpaceOptions,
): Job<SpaceEvent<Arch>, BestOf<Arch>, CountProgress>;
export function search(
  what: ResolvedConfig | ConfigSources | CustomSpace<unknown> = {},
  options: SearchJobOptions | SearchSpaceOptions = {},
) {
  if (isCustomSpace(what)) return searchSpace(what, options as SearchSpaceOptions);
  const { dataset, reward, ...rest } = known<SearchJobOptions>('search', options, [
    ...runJobKeys,
    'reward',
  ]);
  if (reward !== undefined && typeof reward !== 'function') {
    throw unexpected('search: reward', 'a function', reward);
  }
  return beginRun('search', loadWork, what, rest, {
    ...(dataset && { dataset }),
    ...(reward && { reward }),
  });
}

const loadWork = async () => (await import('./work/search.ts')).searchWork;
