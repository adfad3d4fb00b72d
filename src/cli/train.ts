import { Command } from 'commander';
import { unexpected } from '../errors/check.ts';
import { trainReport } from '../report/trainReport.ts';
import { type ResolvedConfig, resolveConfig } from '../run/config.ts';
import { readJsonFile } from '../run/configFile.ts';
import { readRunConfig } from '../run/directory.ts';
import { isJsonObject, type JsonObject, overlay, valueAt } from '../run/overlay.ts';
import { isRun } from '../run/runPath.ts';
import { readArchitecture } from './architecture.ts';
import { givenForms, readGiven } from './given.ts';
import type { Host } from './host.ts';
import { addRunOptions, inRun, type RunOptions } from './inRun.ts';
import { addSettings, flagsOf, numeric } from './options.ts';
import { addNetworkFlags, optionsWith, type SpaceFlags } from './spaceFlags.ts';
import { watch } from './watch.ts';

interface TrainOptions extends RunOptions, SpaceFlags {
  readonly arch?: string;
  readonly format?: string;
  readonly cudaGraph?: boolean;
}

/** Options that a run settles at its beginning, with their flags. */
const settled = {
  arch: '--arch',
  format: '--format',
  layers: '--layers',
  filters: '--filters',
  merge: '--merge',
  separable: '--separable',
  skipBn: '--no-skip-bn',
  hidden: '--hidden',
  option: '--option',
} as const;

/** `enas-torch train`: one architecture from scratch, tested at the end. */
export function trainCommand(host: Host): Command {
  const command = new Command('train')
    .description('train an architecture from scratch and test it')
    .option('--arch <architecture>', givenForms)
    .option('--space <name>', 'search space, where the architecture does not say')
    .option('--format <name>', 'form of the architecture, where it is not clear');
  return addRunOptions(addNetworkFlags(addSettings(command)))
    .option('--cutout <n>', 'side of the square cut out of each training image; 0 = none', numeric)
    .option('--no-cuda-graph', 'launch every operator of a step by itself on a CUDA device')
    .addHelpText(
      'after',
      `
Of a run's folder the best architecture is trained, under the run's settings where no option says otherwise.

Examples:
  $ enas-torch train --arch runs/first --epochs 20
  $ enas-torch train --arch runs/first/best.json --data cifar10:data/cifar10 --preset paper
  $ enas-torch train --space micro --format authors-micro --arch cells.txt --layers 15 --filters 36
  $ enas-torch train --resume runs/second`,
    )
    .action((given: TrainOptions) => {
      // Commander takes a flag of the form --no-… for true where it is not given.
      const { skipBn, ...rest } = given;
      const options: TrainOptions = skipBn === false ? { ...rest, skipBn } : rest;
      return inRun(host, options, {
        command: 'train',
        kind: 'train',
        settled,
        config: () => trainConfigOf(options),
        load: async () => {
          const { train } = await import('../train/train.ts');
          return async (directory, resumes) => {
            const resume = resumes ? await directory.takeUp() : null;
            await watch(
              host,
              options,
              (signal, onDataProgress) =>
                train(directory.config, {
                  runDirectory: directory,
                  signal,
                  onDataProgress,
                  resume,
                  cudaGraph: options.cudaGraph ?? true,
                }),
              (last) => (last?.type === 'train:done' ? trainReport(last) : undefined),
            );
          };
        },
      });
    });
}

/**
 * The configuration of a training: flags over `--config` over what the run or the architecture's text
 * says over the preset. A preset that is named goes over the run's own way of training.
 */
function trainConfigOf(options: TrainOptions): ResolvedConfig {
  const { arch, preset, config: file, space, format } = options;
  const own = file === undefined ? {} : readJsonFile(file);
  const given =
    arch !== undefined
      ? readGiven(arch)
      : isJsonObject(own.arch)
        ? { text: JSON.stringify(own), source: file! }
        : undefined;
  if (given === undefined) {
    throw unexpected('--arch', givenForms, arch, 'name the architecture to be trained');
  }
  const placed = readArchitecture(given, { space, format, flags: options });
  const { definition } = placed;
  const base = overlay(
    arch !== undefined && isRun(arch)
      ? settingsOfRun(arch, preset !== undefined)
      : { space: { options: placed.said } },
    own,
  );
  const presets = resolveConfig({ space: definition.name, preset });
  const stated = valueAt(base, ['space', 'options']) as JsonObject;
  const spaceOptions = optionsWith(definition, overlay(presets.space.options, stated), options);
  const { layers: _, filters: __, hidden: ___, ...flags } = flagsOf(options);
  return resolveConfig({
    space: definition.name,
    preset,
    config: {
      ...base,
      space: { name: definition.name, options: spaceOptions },
      arch: placed.arch,
    },
    configName: file,
    flags,
    kind: 'train',
  });
}

/** @param presetTrains whether a preset says how to train, rather than the run */
function settingsOfRun(run: string, presetTrains: boolean): JsonObject {
  const { train, ...rest } = readRunConfig(run);
  return presetTrains ? rest : { ...rest, train };
}
