import type { Dataset } from '../../learning/createLearner.ts';
import type { RunEvent, TrainResult } from '../../run/events.ts';
import { checkKind } from '../../run/runPath.ts';
import { readResult } from '../../run/trainingFiles.ts';
import { type DataDecoding, decodingEvents, type Work } from './context.ts';
import { inRun, type RunArguments } from './inRun.ts';

export interface TrainArguments extends RunArguments {
  readonly dataset?: Dataset;
  readonly cudaGraph: boolean;
}

/** What was measured of a trained network, and the folder that it is in. */
export type TrainedResult = TrainResult & { readonly run: string };

export type TrainEvent = RunEvent | DataDecoding;

/** A training in a run directory. One that has ended already says so again and has its result. */
export const trainWork: Work<TrainArguments, TrainEvent, TrainedResult> = (
  { dataset, cudaGraph, ...args },
  { signal, onEvent },
) =>
  inRun(args, async function* (runDirectory, resumes) {
    checkKind(runDirectory.path, args.config, 'train');
    const run = runDirectory.path;
    if (!(resumes && runDirectory.isDone())) {
      const { train } = await import('../../train/train.ts');
      const resume = resumes ? await runDirectory.takeUp() : null;
      const onDataProgress = decodingEvents(onEvent);
      const options = { runDirectory, signal, onDataProgress, resume, cudaGraph };
      yield* train(args.config, dataset === undefined ? options : { ...options, dataset });
    }
    return { run, ...readResult(run)! };
  });
