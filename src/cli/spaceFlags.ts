import type { Command } from 'commander';
import { nearest, unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { pathText, read } from '../errors/schema/read.ts';
import { isJsonObject, type JsonObject, objectWith, overlay } from '../run/overlay.ts';
import type { SpaceDefinition } from '../spaces/space.ts';
import { numeric } from './options.ts';

/** The options that {@link addSizeFlags} and {@link addNetworkFlags} add, as commander gives them. */
export interface SpaceFlags {
  readonly layers?: unknown;
  readonly filters?: unknown;
  readonly merge?: unknown;
  readonly separable?: unknown;
  /** false for `--no-skip-bn`; commander's default is true. */
  readonly skipBn?: boolean;
  readonly hidden?: unknown;
  /** `name=value` of any option. */
  readonly option?: readonly string[];
}

/** One option of a space that the command line sets. */
interface Setting {
  /** How it was typed. */
  readonly flag: string;
  readonly option: string;
  readonly value: unknown;
}

/** Adds what an architecture's text can be read by. */
export function addSizeFlags(command: Command): Command {
  return command
    .option('--layers <n>', 'layers of the network (default: as many as the text has)', numeric)
    .option(
      '--option <name=value>',
      'any option of the space; of its fixed network where that has one of the name',
      (pair: string, pairs: readonly string[] = []) => [...pairs, pair],
    );
}

/** Adds what a network trained from scratch depends on besides its architecture. */
export function addNetworkFlags(command: Command): Command {
  return addSizeFlags(command)
    .option('--filters <n>', 'channels before the first reduction', numeric)
    .option('--merge <kind>', 'where skip connections meet: before, after or sum')
    .option('--separable <kind>', 'depthwise, or full for whole convolutions in their place')
    .option('--no-skip-bn', 'no batch norm where skip connections meet')
    .option('--hidden <n>', 'hidden units of a recurrent cell', numeric);
}

/**
 * A space's options, complete and checked: `base` under what the command line sets. A flag sets
 * `fixed.<option>` where the space has that, else `<option>`.
 *
 * @throws EnasTorchError ERR_ARGUMENT for an option that the space lacks and for a wrong value
 */
export function optionsWith(
  definition: SpaceDefinition,
  base: JsonObject,
  flags: SpaceFlags,
): JsonObject {
  const { name, optionsSchema } = definition;
  const known = defaultsOf(definition);
  const flagAt = new Map<string, string>();
  let options = base;
  for (const { flag, option, value } of settingsOf(flags)) {
    const path = pathOf(known, option);
    if (path === undefined) throw lacking(flag, option, name, known);
    flagAt.set(pathText(path), flag);
    options = overlay(options, objectWith(path, value));
  }
  const place = (path: readonly PropertyKey[]) =>
    flagAt.get(pathText(path)) ?? `space.options.${pathText(path)}`;
  return read(optionsSchema, options, place) as JsonObject;
}

/** Whether a space has every option that the command line sets. */
export function hasOptions(definition: SpaceDefinition, flags: SpaceFlags): boolean {
  const known = defaultsOf(definition);
  return settingsOf(flags).every(({ option }) => pathOf(known, option) !== undefined);
}

/** All options of a space, with their usual values. */
function defaultsOf({ optionsSchema }: SpaceDefinition): JsonObject {
  return optionsSchema.parse({}) as JsonObject;
}

function settingsOf(flags: SpaceFlags): Setting[] {
  const own: Setting[] = [
    { flag: '--layers', option: 'layers', value: flags.layers },
    { flag: '--filters', option: 'filters', value: flags.filters },
    { flag: '--merge', option: 'merge', value: flags.merge },
    { flag: '--separable', option: 'separable', value: flags.separable },
    {
      flag: '--no-skip-bn',
      option: 'skipBatchNorm',
      value: flags.skipBn === false ? false : undefined,
    },
    { flag: '--hidden', option: 'hidden', value: flags.hidden },
  ];
  const pairs = (flags.option ?? []).map(settingOf);
  return [...own.filter(({ value }) => value !== undefined), ...pairs];
}

function settingOf(pair: string): Setting {
  const at = pair.indexOf('=');
  if (at < 1) throw unexpected('--option', 'name=value', pair);
  const [option, text] = [pair.slice(0, at), pair.slice(at + 1)];
  const value = text === 'true' || text === 'false' ? text === 'true' : numeric(text);
  return { flag: `--option ${option}`, option, value };
}

function pathOf(known: JsonObject, option: string): string[] | undefined {
  if (isJsonObject(known.fixed) && Object.hasOwn(known.fixed, option)) return ['fixed', option];
  return Object.hasOwn(known, option) ? [option] : undefined;
}

function lacking(flag: string, option: string, space: string, known: JsonObject): EnasTorchError {
  const fixed = isJsonObject(known.fixed) ? Object.keys(known.fixed) : [];
  const names = [...new Set([...fixed, ...Object.keys(known).filter((key) => key !== 'fixed')])];
  const near = nearest(option, names);
  const hint =
    near === undefined
      ? `the options of ${space} are ${names.join(', ')}`
      : `did you mean ${near}?`;
  return new EnasTorchError(
    'ERR_ARGUMENT',
    `${flag}: expected a space with the option ${option}, got ${space}; ${hint}`,
  );
}
