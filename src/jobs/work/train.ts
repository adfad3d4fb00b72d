import type { Dataset } from '../../learning/createLearner.ts';
import type { RunEvent, TrainResult } from '../../run/events.ts';
import { readResult } from '../../run/trainingFiles.ts';
import type { DataDecoding, Work } from './context.ts';
import { inRun, type RunArguments } from './inRun.ts';

export interface TrainArguments extends RunArguments {
  readonly dataset?: Dataset;
  readonly cudaGraph: boolean;
}

/** What was measured of a trained network, and the folder that it is in. */
export type TrainedResult = TrainResult & { readonly run: string };

export type TrainEvent = RunEvent | DataDecoding;

/** A training in a run directory. */
export const trainWork: Work<TrainArguments, TrainEvent, TrainedResult> = (
  { config, out, resume, ...own },
  context,
) =>
  inRun({ config, out, resume }, context, {
    kind: 'train',
    async begin(options) {
      const { train } = await import('../../train/train.ts');
      return train(config, { ...options, ...own });
    },
    result: ({ path }) => readResult(path)!,
  });
