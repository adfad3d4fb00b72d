import { Command } from 'commander';
import type { Host } from './host.ts';
import { addRunOptions, inRun, type RunOptions } from './inRun.ts';
import { addConfigOptions, configOf } from './options.ts';
import { watch } from './watch.ts';

interface SearchOptions extends RunOptions {
  readonly cudaGraph?: boolean;
}

/** `enas-torch search`: a whole search, shown as it goes. */
export function searchCommand(host: Host): Command {
  return addRunOptions(addConfigOptions(new Command('search')))
    .description('search for an architecture')
    .option('--no-cuda-graph', 'launch every operator of a step by itself on a CUDA device')
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch search
  $ enas-torch search --data cifar10:data/cifar10 --preset paper --epochs 20 --out runs/first
  $ enas-torch search --resume runs/first`,
    )
    .action((options: SearchOptions) =>
      inRun(host, options, {
        command: 'search',
        kind: 'search',
        // The configuration of a training may be given to search under.
        config: () => ({ ...configOf(options), arch: null }),
        load: async () => {
          const { search } = await import('../search/search.ts');
          return async (directory, resumes) => {
            const resume = resumes ? await directory.takeUp() : null;
            await watch(host, options, (signal, onDataProgress) =>
              search(directory.config, {
                runDirectory: directory,
                signal,
                onDataProgress,
                resume,
                cudaGraph: options.cudaGraph ?? true,
              }),
            );
          };
        },
      }),
    );
}
