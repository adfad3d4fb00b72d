import { type Command, Option } from 'commander';
import { checkOneOf } from '../errors/check.ts';
import {
  type ConfigSources,
  presetNames,
  type ResolvedConfig,
  resolveConfig,
} from '../run/config.ts';
import { readJsonFile } from '../run/configFile.ts';
import type { ConfigFlags } from '../run/configFlags.ts';
import { checkDevice, deviceForm } from '../run/device.ts';
import { precisions } from '../run/precision.ts';

/** The options that {@link addConfigOptions} adds, as commander gives them. */
export interface ConfigOptions {
  readonly space?: string;
  readonly preset?: string;
  readonly config?: string;
  readonly data?: string;
  readonly epochs?: unknown;
  readonly layers?: unknown;
  readonly filters?: unknown;
  readonly hidden?: unknown;
  readonly batch?: unknown;
  readonly trainEpochs?: unknown;
  readonly cutout?: unknown;
  readonly seed?: unknown;
  readonly device?: string;
  readonly precision?: string;
  readonly trainLimit?: unknown;
  readonly vocabularyLimit?: unknown;
}

/** Adds the options that make up a configuration. */
export function addConfigOptions(command: Command): Command {
  return addSettings(command.option('--space <name>', 'search space (default: "macro")'))
    .option('--layers <n>', 'layers of the network', numeric)
    .option('--filters <n>', 'channels of a layer', numeric)
    .option('--hidden <n>', 'hidden units of a recurrent cell', numeric);
}

/** Adds the options for settings that have nothing to do with the space. */
export function addSettings(command: Command): Command {
  return command
    .addOption(presetOption())
    .option('--config <file>', 'JSON file with settings to use over those of the preset')
    .option(
      '--data <set>',
      'builtin, cifar10:<folder>, images:<folder> or text:<folder> (default: "builtin")',
    )
    .option('--epochs <n>', 'passes over the training data', numeric)
    .option('--batch <n>', 'training images, or texts read side by side, a step', numeric)
    .option('--seed <n>', 'of every random draw (default: 1)', numeric)
    .option('--device <device>', `${deviceForm} (default: "auto")`)
    .option(
      '--precision <p>',
      'of activations: fp32, bf16, or auto: bf16 where the device has it natively (default: "auto")',
    )
    .option(
      '--train-limit <n>',
      'use only so many training images, or tokens of the training text',
      numeric,
    )
    .option(
      '--vocabulary-limit <n>',
      "keep only so many of a text's most frequent words, the rest is <unk>",
      numeric,
    );
}

/**
 * `--device` of a command that has no configuration of its own.
 *
 * @param standard what is taken without it, for the help
 */
export function deviceOption(standard: string): Option {
  return new Option('--device <device>', `${deviceForm} (default: ${standard})`).argParser(
    (value) => checkDevice('--device', value),
  );
}

/**
 * `--precision` of a command that has no configuration of its own.
 *
 * @param standard what is taken without it, for the help
 */
export function precisionOption(standard: string): Option {
  return new Option(
    '--precision <p>',
    `of activations: fp32, bf16, or auto: bf16 where the device has it natively (default: ${standard})`,
  ).argParser((value) => checkOneOf('--precision', value, precisions));
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
  return resolveConfig(configSourcesOf(options));
}

/** What the configuration that a command line asks for is put together from. */
export function configSourcesOf(options: ConfigOptions): ConfigSources {
  return {
    space: options.space,
    preset: options.preset,
    config: options.config === undefined ? undefined : readJsonFile(options.config),
    configName: options.config,
    flags: flagsOf(options),
  };
}

/** The options that stand for single settings. */
export function flagsOf(options: ConfigOptions): ConfigFlags {
  const { seed, data, device, precision, trainLimit, vocabularyLimit } = options;
  const { epochs, batch, trainEpochs, cutout, layers, filters, hidden } = options;
  return {
    ...{ seed, data, device, precision, trainLimit, vocabularyLimit },
    ...{ epochs, batch, trainEpochs, cutout, layers, filters, hidden },
  };
}

/** A number as one; anything else as it is, for the schema to refuse under the option's name. */
export function numeric(text: string): number | string {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : text;
}
