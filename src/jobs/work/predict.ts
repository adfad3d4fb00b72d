import { AbortError } from '../../errors/abortError.ts';
import type { EnasTorchError, ErrorCode } from '../../errors/error.ts';
import type { AskedPrecision, ChosenPrecision } from '../../run/precision.ts';
import type { ClassProbability } from '../../use/classify.ts';
import type { FilePrediction } from '../../use/classifyFiles.ts';
import type { Work } from './context.ts';

export interface PredictArguments {
  readonly run: string;
  readonly images: readonly string[];
  readonly top?: number | undefined;
  readonly batch: number;
  readonly device?: string | undefined;
  readonly precision?: AskedPrecision | undefined;
}

/** The network has been loaded and the images have been found. */
export interface PredictStart extends ChosenPrecision {
  readonly type: 'predict:start';
  readonly run: string;
  readonly device: string;
  /** Image files. */
  readonly total: number;
}

/** What a network takes an image file for, or why the file cannot be read. */
export type Prediction =
  | { readonly file: string; readonly classes: readonly ClassProbability[] }
  | {
      readonly file: string;
      readonly error: { readonly code: ErrorCode; readonly message: string };
    };

export interface PredictImage {
  readonly type: 'predict:image';
  /** Image files that are done, this one among them. */
  readonly done: number;
  readonly total: number;
  readonly prediction: Prediction;
}

export interface PredictDone {
  readonly type: 'predict:done';
  readonly total: number;
  /** Files that could not be read. */
  readonly failed: number;
}

export type PredictEvent = PredictStart | PredictImage | PredictDone;

export const predictWork: Work<PredictArguments, PredictEvent, Prediction[]> = async function* (
  { run, images, top, batch, device, precision },
  { signal },
) {
  const { loadModel } = await import('../../train/model.ts');
  const { findImages } = await import('../../data/findImages.ts');
  const { classifyFiles } = await import('../../use/classifyFiles.ts');
  const model = await loadModel(run, { device, precision });
  const files = await findImages(images);
  const { precision: taken, precisionReason } = model;
  yield {
    type: 'predict:start',
    run: model.run,
    device: model.device,
    precision: taken,
    precisionReason,
    total: files.length,
  };
  const options = top === undefined ? { batch } : { batch, top };
  const predictions: Prediction[] = [];
  for await (const found of classifyFiles(model, files, options)) {
    if (signal.aborted) throw new AbortError('the prediction was stopped');
    const prediction = plain(found);
    predictions.push(prediction);
    yield {
      type: 'predict:image',
      done: predictions.length,
      total: files.length,
      prediction,
    };
  }
  const failed = predictions.filter((prediction) => 'error' in prediction).length;
  yield { type: 'predict:done', total: files.length, failed };
  return predictions;
};

/** With an error as data, which goes from thread to thread. */
function plain(found: FilePrediction): Prediction {
  if (!('error' in found)) return found;
  const { code, message }: EnasTorchError = found.error;
  return { file: found.file, error: { code, message } };
}
