import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import { trainReport, wholeReport } from '../report/trainReport.ts';
import { readBest } from '../run/best.ts';
import { type RunDirectory, readRunConfig } from '../run/directory.ts';
import type { TrainDone } from '../run/events.ts';
import type { Host } from './host.ts';
import { addRunOptions, inRun, type RunOptions } from './inRun.ts';
import { addConfigOptions, configOf, numeric } from './options.ts';
import { watch } from './watch.ts';

interface WholeOptions extends RunOptions {
  readonly cudaGraph?: boolean;
}

/** `enas-torch run`: search, derive, train from scratch and test, in one folder. */
export function runCommand(host: Host): Command {
  return addRunOptions(
    addConfigOptions(new Command('run')).option(
      '--train-epochs <n>',
      'epochs of the training from scratch (--epochs are those of the search)',
      numeric,
    ),
  )
    .description('search for an architecture, train it from scratch and test it')
    .option('--no-cuda-graph', 'launch every operator of a step by itself on a CUDA device')
    .addHelpText(
      'after',
      `
The training is kept in train/ of the run's folder, a run of its own.

Examples:
  $ enas-torch run
  $ enas-torch run --data images:photos --epochs 8 --train-epochs 20 --out runs/photos
  $ enas-torch run --resume runs/photos`,
    )
    .action((options: WholeOptions) =>
      inRun(host, options, {
        command: 'run',
        kind: 'search',
        config: () => ({ ...configOf(options), arch: null }),
        load: async () => {
          const { searchAndTrain } = await import('../pipeline/searchAndTrain.ts');
          return (runDirectory, resume) =>
            watch(
              host,
              options,
              (signal, onDataProgress) =>
                searchAndTrain({
                  runDirectory,
                  signal,
                  onDataProgress,
                  resume,
                  cudaGraph: options.cudaGraph ?? true,
                }),
              (last) => (last?.type === 'train:done' ? reportOf(runDirectory, last) : undefined),
            );
        },
      }),
    );
}

/** `derive` may have put another architecture in `best.json` since the training began. */
function reportOf({ path, bestPath }: RunDirectory, done: TrainDone): string {
  const best = readBest(bestPath);
  const isTrained = isDeepStrictEqual(best.arch, readRunConfig(done.run).arch);
  return isTrained ? wholeReport(path, best, done) : trainReport(done);
}
