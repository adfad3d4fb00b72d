import type { Dataset } from '../../learning/createLearner.ts';
import { readBest } from '../../run/best.ts';
import type { BestArch, RunEvent } from '../../run/events.ts';
import type { ChildReward } from '../../search/rewards.ts';
import type { DataDecoding, Work } from './context.ts';
import { inRun, type RunArguments } from './inRun.ts';

export interface SearchArguments extends RunArguments {
  readonly dataset?: Dataset;
  readonly reward?: ChildReward;
  readonly cudaGraph: boolean;
}

/** The architecture a search derived, and the folder where everything about it is. */
export type SearchResult = BestArch & { readonly run: string };

export type SearchEvent = RunEvent | DataDecoding;

/** A search in a run directory. */
export const searchWork: Work<SearchArguments, SearchEvent, SearchResult> = (
  { config, out, resume, ...own },
  context,
) =>
  inRun({ config, out, resume }, context, {
    kind: 'search',
    async begin(options) {
      const { search } = await import('../../search/search.ts');
      return search(config, { ...options, ...own });
    },
    result({ bestPath }) {
      const { version: _, space: __, ...best } = readBest(bestPath);
      return best;
    },
  });
