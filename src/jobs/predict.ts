import { checkInteger, checkString, unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import type { AskedPrecision } from '../run/precision.ts';
import { Counted, type CountProgress } from './countProgress.ts';
import { inProcess } from './inProcess.ts';
import { checkJobOptions, Job, type JobOptions, jobKeys } from './job.ts';
import { inThread } from './thread/inThread.ts';
import type { PredictEvent, Prediction } from './work/predict.ts';

export interface PredictOptions extends JobOptions {
  /** Classes to give of each image, the most probable ones; all by default. */
  readonly top?: number;
  /** Images that are read and classified at a time. Default 64. */
  readonly batch?: number;
  /** `auto` (the default), `cpu`, `cuda` or `cuda:<index>`. */
  readonly device?: string;
  /** `fp32` (the default), `bf16` or `auto`. */
  readonly precision?: AskedPrecision;
}

/**
 * What the network that a run has trained takes image files for: begun at once, in a thread of its own.
 * A file that cannot be read has an `error` in place of its classes; the others are classified all the
 * same. Progress is in files.
 *
 * @param run folder of a training, or of a search with one in `train/`
 * @param images image files, and folders to look for image files in
 * @throws EnasTorchError ERR_ARGUMENT for a wrong option, at once
 */
export function predict(
  run: string,
  images: readonly string[],
  options: PredictOptions = {},
): Job<PredictEvent, Prediction[], CountProgress> {
  known('predict', options, ['top', 'batch', 'device', 'precision', ...jobKeys]);
  checkJobOptions('predict', options);
  const { signal, inProcess: here, heapMb, batch = 64, ...rest } = options;
  checkString('predict: run', run);
  if (!Array.isArray(images) || images.length === 0) {
    throw unexpected('predict: images', 'the paths of images or of folders', images);
  }
  for (const image of images) checkString('predict: images', image);
  if (rest.top !== undefined) checkInteger('predict: top', rest.top, 1);
  const args = { run, images, batch: checkInteger('predict: batch', batch, 1), ...rest };
  const work = here
    ? inProcess(async () => (await import('./work/predict.ts')).predictWork, args)
    : inThread<PredictEvent, Prediction[]>({ work: 'predict', args }, { heapMb });
  const counts = (event: PredictEvent) => ('done' in event ? event : undefined);
  return new Job(work, new Counted(counts), signal);
}
