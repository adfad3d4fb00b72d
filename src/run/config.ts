import { z } from 'zod';
import { checkOneOf, unexpected } from '../errors/check.ts';
import { type PlaceName, pathText, read } from '../errors/schema/read.ts';
import { findSpace, spaceNames } from '../spaces/registry.ts';
import {
  dataSettingsSchemas,
  searchSettingsSchema,
  trainSettingsSchemas,
} from '../spaces/settings.ts';
import type { PresetName, Space, SpaceDefinition, TaskKind } from '../spaces/space.ts';
import { type ConfigFlags, flagAt, flagOverlay, givenFlags } from './configFlags.ts';
import { deviceForm, devicePattern } from './device.ts';
import { isJsonObject, type JsonObject, overlay, valueAt } from './overlay.ts';
import { precisions } from './precision.ts';
import type { RunKind } from './runKind.ts';
import { packageVersion } from './version.ts';

/** A whole configuration; what a space says of itself (its options, its task) is checked by {@link schemaFor}. */
export const resolvedConfigSchema = z.strictObject({
  version: z.literal(1).describe('of this form of configuration'),
  package: z.string().describe('version of enas-torch that made it'),
  seed: z.int().nonnegative().describe('of every random draw'),
  space: z.strictObject({
    name: z.string(),
    options: z.record(z.string(), z.unknown()),
  }),
  data: z.union([dataSettingsSchemas.text, dataSettingsSchemas.images]),
  device: z.string().regex(devicePattern, deviceForm),
  precision: z.enum(precisions),
  search: searchSettingsSchema,
  train: z.union([trainSettingsSchemas.images, trainSettingsSchemas.text]),
  arch: z.unknown().describe('architecture that the run trains from scratch; null = it searches'),
});

/** Everything a run depends on, complete and checked; what `config.json` of a run holds. */
export type ResolvedConfig = z.infer<typeof resolvedConfigSchema>;

/** The parts of a configuration someone sets themselves; the rest comes from the preset. */
export type PartialConfig = DeepPartial<ResolvedConfig>;

type DeepPartial<T> = T extends object
  ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
  : T;

export const presetNames: readonly PresetName[] = ['quick', 'paper', 'authors'];

/** What {@link resolveConfig} puts together. */
export interface ConfigSources {
  /** Name of the search space; by default that of `config`, else `macro`. */
  readonly space?: string | undefined;
  /** Where settings come from that nothing else sets; `quick` by default. */
  readonly preset?: string | undefined;
  /** Settings of one's own, over the preset. */
  readonly config?: PartialConfig | JsonObject | undefined;
  /** What `config` is called in errors, such as the name of its file. */
  readonly configName?: string | undefined;
  /** Short settings, over everything else. */
  readonly flags?: ConfigFlags | undefined;
  /** What the flags are of: a search (the default), or a training from scratch. */
  readonly kind?: RunKind | undefined;
}

/**
 * The complete configuration of a run: flags over `config` over the preset of the space.
 *
 * @throws EnasTorchError ERR_ARGUMENT with a line for each unknown key (and the key that was meant)
 *   and for each wrong value (its path, what was expected, what came)
 */
export function resolveConfig(sources: ConfigSources = {}): ResolvedConfig {
  const own = sources.config ?? {};
  const ownName = sources.configName;
  if (!isJsonObject(own)) throw unexpected(ownName ?? 'config', 'an object', own);
  const spaceName = sources.space ?? valueAt(own, ['space', 'name']) ?? 'macro';
  const definition = definitionOf(
    sources.space !== undefined ? '--space' : named(ownName, 'space.name'),
    spaceName,
  );
  const preset = checkOneOf('--preset', sources.preset ?? 'quick', presetNames);

  const base = presetConfig(definition, preset);
  const chosen = overlay(overlay(base, own), {
    package: packageVersion,
    space: { name: definition.name },
  });
  const given = givenFlags(sources.flags ?? {}, {
    kind: sources.kind ?? 'search',
    spaceName: definition.name,
    options: definition.presets[preset].space as JsonObject,
  });
  const whole = overlay(chosen, flagOverlay(given));
  return check(whole, definition, (path) => {
    const flag = flagAt(path, given);
    if (flag !== undefined) return flag.name;
    return valueAt(own, path) === undefined ? pathText(path) : named(ownName, pathText(path));
  });
}

/**
 * A complete configuration read back from where one was written.
 *
 * @param source what the configuration is called in errors
 * @throws EnasTorchError of the code given when it is not complete or not correct
 */
export function parseConfig(
  value: unknown,
  source: string,
  code: 'ERR_ARGUMENT' | 'ERR_RUN' = 'ERR_RUN',
): ResolvedConfig {
  const definition = definitionOf(`${source}: space.name`, valueAt(value, ['space', 'name']));
  return check(value, definition, (path) => `${source}: ${pathText(path)}`, code);
}

/** The search space that a configuration is about. */
export function spaceOf(config: Pick<ResolvedConfig, 'space'>): Space {
  const definition = findSpace(config.space.name);
  return definition.create(definition.optionsSchema.parse(config.space.options));
}

/** What the networks of a configuration's space do. */
export function taskKindOf(config: Pick<ResolvedConfig, 'space'>): TaskKind {
  return findSpace(config.space.name).task;
}

function definitionOf(where: string, name: unknown): SpaceDefinition {
  return findSpace(checkOneOf(where, name, spaceNames));
}

function presetConfig(definition: SpaceDefinition, preset: PresetName): JsonObject {
  const { space, data, search, train } = definition.presets[preset];
  return {
    version: 1,
    package: packageVersion,
    seed: 1,
    space: { name: definition.name, options: space },
    data: { spec: 'builtin', trainLimit: null, ...data },
    device: 'auto',
    precision: 'auto',
    search,
    train,
    arch: null,
  };
}

function check(
  value: unknown,
  definition: SpaceDefinition,
  place: PlaceName,
  code: 'ERR_ARGUMENT' | 'ERR_RUN' = 'ERR_ARGUMENT',
): ResolvedConfig {
  return read(schemaFor(definition), value, place, code) as ResolvedConfig;
}

function schemaFor({ task, optionsSchema }: SpaceDefinition) {
  return resolvedConfigSchema.extend({
    space: z.strictObject({ name: z.string(), options: optionsSchema }),
    data: dataSettingsSchemas[task],
    train: trainSettingsSchemas[task],
  });
}

function named(source: string | undefined, place: string): string {
  return source === undefined ? place : `${source}: ${place}`;
}
