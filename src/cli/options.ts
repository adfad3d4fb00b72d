import { type Command, Option } from 'commander';
import { checkOneOf } from '../errors/check.ts';
import { presetNames, type ResolvedConfig, resolveConfig } from '../run/config.ts';
import { readJsonFile } from '../run/configFile.ts';
import type { ConfigFlags } from '../run/configFlags.ts';

/** The options that {@link addConfigOptions} adds, as commander gives them. */
export interface ConfigOptions {
  readonly space?: string;
  readonly preset?: string;
  readonly config?: string;
  readonly data?: string;
  readonly epochs?: unknown;
  readonly layers?: unknown;
  readonly filters?: unknown;
  readonly batch?: unknown;
  readonly seed?: unknown;
  readonly device?: string;
  readonly trainLimit?: unknown;
}

/** Adds the options that make up a configuration. */
export function addConfigOptions(command: Command): Command {
  return command
    .option('--space <name>', 'search space (default: "macro")')
    .addOption(presetOption())
    .option('--config <file>', 'JSON file with settings to use over those of the preset')
    .option('--data <set>', 'builtin, cifar10:<folder> or images:<folder> (default: "builtin")')
    .option('--epochs <n>', 'passes over the training data', numeric)
    .option('--layers <n>', 'layers of the network', numeric)
    .option('--filters <n>', 'channels of a layer', numeric)
    .option('--batch <n>', 'training images a step', numeric)
    .option('--seed <n>', 'of every random draw (default: 1)', numeric)
    .option('--device <device>', 'auto, cpu, cuda or cuda:<index> (default: "auto")')
    .option('--train-limit <n>', 'use only so many training images', numeric);
}

/** `--preset`, with the name that was meant when there is none such. */
export function presetOption(): Option {
  return new Option(
    '--preset <name>',
    'where unset settings come from: quick, paper or authors (default: "quick")',
  ).argParser((value) => checkOneOf('--preset', value, presetNames));
}

/** The configuration that a command line asks for. */
export function configOf(options: ConfigOptions): ResolvedConfig {
  return resolveConfig({
    space: options.space,
    preset: options.preset,
    config: options.config === undefined ? undefined : readJsonFile(options.config),
    configName: options.config,
    flags: flagsOf(options),
  });
}

/** The options that stand for single settings. */
export function flagsOf(options: ConfigOptions): ConfigFlags {
  const { seed, data, device, trainLimit, epochs, batch, layers, filters } = options;
  return { seed, data, device, trainLimit, epochs, batch, layers, filters };
}

/** A number as one; anything else as it is, for the schema to refuse under the option's name. */
export function numeric(text: string): number | string {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : text;
}
