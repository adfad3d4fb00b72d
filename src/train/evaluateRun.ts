import type { LoadProgress } from '../data/load.ts';
import { type Counts, counts } from '../graph/counts.ts';
import { loadData } from '../learning/loadData.ts';
import type { AskedPrecision, ChosenPrecision } from '../run/precision.ts';
import {
  type EvaluatedSplit,
  type EvaluateOptions,
  type Evaluation,
  evaluateModel,
} from './evaluateModel.ts';
import { trainsOnValid } from './holdsOut.ts';
import { loadModel, type Model } from './model.ts';

export interface EvaluateRunOptions extends EvaluateOptions {
  /** Another data set of the same kind; by default the run's. */
  readonly data?: string | undefined;
  readonly device?: string | undefined;
  readonly precision?: AskedPrecision | undefined;
  /** Given the network once it is loaded. */
  readonly onModel?: ((model: Model) => void | Promise<void>) | undefined;
  readonly onDataProgress?: LoadProgress | undefined;
}

/** How a trained network did, and what it costs. */
export interface Evaluated extends ChosenPrecision {
  /** Folder of the run that trained the network. */
  readonly run: string;
  /** Name of the data set. */
  readonly data: string;
  readonly split: EvaluatedSplit;
  readonly device: string;
  /** Whether the network was trained on this split. */
  readonly trainedOn: boolean;
  readonly evaluation: Evaluation;
  readonly counts: Counts;
}

/**
 * Evaluates the network that a run has trained over a whole split of its data set or of another.
 * @throws EnasTorchError as `loadModel`, `loadImages` and `evaluateModel`
 */
export async function evaluateRun(
  run: string,
  { split, data: spec, device, precision, onModel, ...options }: EvaluateRunOptions,
): Promise<Evaluated> {
  const model = await loadModel(run, { device, precision });
  await onModel?.(model);
  const { config } = model;
  const settings = spec === undefined ? config.data : { ...config.data, spec };
  const { signal, onDataProgress } = options;
  const dataset = await loadData({ ...config, data: settings }, model.device, {
    signal,
    onDataProgress,
  });
  return {
    run: model.run,
    data: dataset.name,
    split,
    device: model.device,
    precision: model.precision,
    precisionReason: model.precisionReason,
    trainedOn:
      split === 'valid' &&
      model.kind === 'images' &&
      settings.spec === config.data.spec &&
      trainsOnValid(config),
    evaluation: await evaluateModel(model, dataset, { split, ...options }),
    counts: counts(model.network.graph),
  };
}
