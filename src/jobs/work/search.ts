import type { Dataset } from '../../learning/createLearner.ts';
import { readBest } from '../../run/best.ts';
import type { BestArch, RunEvent } from '../../run/events.ts';
import { checkKind } from '../../run/runPath.ts';
import { type DataDecoding, decodingEvents, type Work } from './context.ts';
import { inRun, type RunArguments } from './inRun.ts';

export interface SearchArguments extends RunArguments {
  readonly dataset?: Dataset;
  readonly cudaGraph: boolean;
}

/** The architecture a search derived, and the folder where everything about it is. */
export type SearchResult = BestArch & { readonly run: string };

export type SearchEvent = RunEvent | DataDecoding;

/** A search in a run directory. One that has ended already says so again and has its result. */
export const searchWork: Work<SearchArguments, SearchEvent, SearchResult> = (
  { dataset, cudaGraph, ...args },
  { signal, onEvent },
) =>
  inRun(args, async function* (runDirectory, resumes) {
    checkKind(runDirectory.path, args.config, 'search');
    const run = runDirectory.path;
    if (!(resumes && runDirectory.isDone())) {
      const { search } = await import('../../search/search.ts');
      const resume = resumes ? await runDirectory.takeUp() : null;
      const onDataProgress = decodingEvents(onEvent);
      const options = { runDirectory, signal, onDataProgress, resume, cudaGraph };
      yield* search(args.config, dataset === undefined ? options : { ...options, dataset });
    }
    const { version: _, space: __, ...best } = readBest(runDirectory.bestPath);
    return { run, ...best };
  });
