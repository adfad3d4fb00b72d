import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../learning/createLearner.ts';
import { resolveDevice } from '../learning/device.ts';
import { type LoadDataOptions, loadData } from '../learning/loadData.ts';
import { readBest } from '../run/best.ts';
import { RunDirectory } from '../run/directory.ts';
import type { RunEvent } from '../run/events.ts';
import { runFiles } from '../run/runPath.ts';
import { search } from '../search/search.ts';
import { train } from '../train/train.ts';

export interface SearchAndTrainOptions extends LoadDataOptions {
  /** Where the search is kept, open, and in `train/` of it the training. The caller closes it. */
  readonly runDirectory: RunDirectory;
  /** Instead of what `config.data` names. */
  readonly dataset?: Dataset;
  /** Go on with what is in the run directory rather than from the beginning. */
  readonly resume?: boolean;
  /** Whether steps on a CUDA device are captured as graphs and replayed; true by default. */
  readonly cudaGraph?: boolean;
}

/**
 * A search, then the training from scratch of the architecture it derives, under one configuration.
 * The training is a run of its own, kept in `train/`. The last event is its `train:done`. That bf16 is
 * emulated is said once.
 *
 * @throws EnasTorchError as `search` and `train`
 */
export async function* searchAndTrain({
  runDirectory,
  dataset,
  signal,
  onDataProgress,
  resume = false,
  cudaGraph = true,
}: SearchAndTrainOptions): AsyncGenerator<RunEvent> {
  const { config } = runDirectory;
  const data =
    dataset ?? (await loadData(config, resolveDevice(config.device), { signal, onDataProgress }));
  const common = { dataset: data, signal, cudaGraph };

  let warned = false;
  if (!(resume && runDirectory.isDone())) {
    const checkpoint = resume ? await runDirectory.takeUp() : null;
    for await (const event of search(config, { runDirectory, ...common, resume: checkpoint })) {
      warned ||= saysEmulated(event);
      yield event;
    }
  }

  const path = join(runDirectory.path, runFiles.training);
  const begun = existsSync(join(path, runFiles.config));
  const { arch } = readBest(runDirectory.bestPath);
  const training = begun ? RunDirectory.open(path) : RunDirectory.create({ ...config, arch }, path);
  try {
    const checkpoint = begun ? await training.takeUp() : null;
    const options = { runDirectory: training, ...common, resume: checkpoint };
    for await (const event of train(training.config, options)) {
      if (!(warned && saysEmulated(event))) yield event;
    }
  } finally {
    training.close();
  }
}

const saysEmulated = (event: RunEvent) =>
  event.type === 'warning' && event.code === 'precision-emulated';
