import { Command } from 'commander';
import { checkInteger } from '../errors/check.ts';
import { readRunConfig } from '../run/directory.ts';
import type { AskedPrecision } from '../run/precision.ts';
import type { Host } from './host.ts';
import { deviceOption, numeric, precisionOption } from './options.ts';
import { type WatchOptions, watch } from './watch.ts';

interface DeriveOptions extends WatchOptions {
  readonly samples?: unknown;
  readonly seed?: unknown;
  readonly device?: string;
  readonly precision?: AskedPrecision;
}

/** `enas-torch derive`: the best of newly sampled architectures, from a run's last checkpoint. */
export function deriveCommand(host: Host): Command {
  return new Command('derive')
    .description("sample architectures from a run's controller, score them, keep the best")
    .argument('<run>', 'folder of the run')
    .option('--samples <n>', "architectures to sample (default: the run's setting)", numeric)
    .option('--seed <n>', "of the samples (default: the run's seed)", numeric)
    .addOption(deviceOption("the run's own"))
    .addOption(precisionOption("the run's own"))
    .option('--json', 'print the events, one JSON object a line, and nothing else')
    .option('--quiet', 'print only the result')
    .addHelpText(
      'after',
      `
Example:
  $ enas-torch derive runs/first --samples 100`,
    )
    .action(async (run: string, options: DeriveOptions) => {
      const samples = optionalInteger('--samples', options.samples, 1);
      const seed = optionalInteger('--seed', options.seed, 0);
      const { device, precision } = options;
      // Before the addon is loaded: a wrong folder is said at once.
      readRunConfig(run);
      const { deriveFromRun } = await import('../search/deriveFromRun.ts');
      await watch(host, options, (signal, onDataProgress) =>
        deriveFromRun(run, { ...samples, ...seed, device, precision, signal, onDataProgress }),
      );
    });
}

function optionalInteger<K extends string>(
  flag: `--${K}`,
  value: unknown,
  min: number,
): { [key in K]?: number } {
  if (value === undefined) return {};
  return { [flag.slice(2)]: checkInteger(flag, value, min) } as { [key in K]?: number };
}
