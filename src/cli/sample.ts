import { Command } from 'commander';
import { checkInteger, checkOneOf, unexpected } from '../errors/check.ts';
import { write } from '../report/output.ts';
import { type ResolvedConfig, spaceOf } from '../run/config.ts';
import { checkFlagsAgree } from '../run/configFlags.ts';
import { readRunConfig } from '../run/directory.ts';
import type { Host } from './host.ts';
import { type ConfigOptions, configOf, numeric, presetOption } from './options.ts';

interface SampleOptions
  extends Pick<ConfigOptions, 'space' | 'preset' | 'config' | 'layers' | 'seed'> {
  readonly count: unknown;
  readonly run?: string;
  readonly format?: string;
  readonly json?: boolean;
}

/** `enas-torch sample`: architectures from a controller, untrained or a run's. */
export function sampleCommand(host: Host): Command {
  return new Command('sample')
    .description('sample architectures from an untrained controller, or from that of a run')
    .option('--space <name>', 'search space (default: "macro")')
    .addOption(presetOption())
    .option('--config <file>', 'JSON file with settings to use over those of the preset')
    .option('--layers <n>', 'layers of the network', numeric)
    .option('--run <folder>', "use the controller of this run's last checkpoint")
    .option('--count <n>', 'architectures to sample', numeric, 1)
    .option('--seed <n>', "of the samples (default: 1, or the run's seed)", numeric)
    .option(
      '--format <name>',
      "form to print: json, authors-macro, … (default: the space's short one)",
    )
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch sample --space macro --count 3
  $ enas-torch sample --run runs/first --count 100 --json`,
    )
    .action((options: SampleOptions) => runSample(host, options));
}

async function runSample(host: Host, options: SampleOptions): Promise<void> {
  const count = checkInteger('--count', options.count, 1);
  const config = options.run === undefined ? configOf(options) : runConfig(options, options.run);
  const space = spaceOf(config);
  const names = Object.keys(space.formats);
  const name =
    options.format === undefined
      ? (names.find((candidate) => candidate !== 'json') ?? 'json')
      : checkOneOf('--format', options.format, names);
  const { sampleArchitectures } = await import('../search/sampleArchs.ts');
  const run = options.run === undefined ? {} : { run: options.run };
  const architectures = await sampleArchitectures({ config, count, ...run });
  for (const [i, arch] of architectures.entries()) {
    const text = options.json
      ? `${JSON.stringify(arch)}\n`
      : `${i === 0 ? '' : '\n'}${space.formats[name]!.print(arch).trimEnd()}\n`;
    await write(host.stdout, text);
  }
}

/** A run's configuration, of which only the seed may be another here. */
function runConfig(options: SampleOptions, run: string): ResolvedConfig {
  for (const name of ['preset', 'config'] as const) {
    if (options[name] === undefined) continue;
    throw unexpected(`--${name}`, 'nothing beside --run', options[name], 'leave it out');
  }
  const config = readRunConfig(run);
  checkFlagsAgree({ space: options.space, layers: options.layers }, config, run);
  const seed = options.seed === undefined ? config.seed : checkInteger('--seed', options.seed, 0);
  return { ...config, seed };
}
