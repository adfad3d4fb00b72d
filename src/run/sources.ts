import { findSpace } from '../spaces/registry.ts';
import type { PresetName } from '../spaces/space.ts';
import { type ConfigSources, resolveConfig } from './config.ts';
import { flagAt, givenFlags } from './configFlags.ts';
import { isJsonObject, valueAt } from './overlay.ts';

/** A single setting and where it comes from. */
export interface SourcedValue {
  /** Keys joined by dots: `search.omega.batch`. */
  readonly path: string;
  readonly value: unknown;
  /** Paper section, file of the released code or reason; the flag or file where someone set it. */
  readonly source: string;
}

/** The parts of a configuration that a preset sets. */
const sections = [['space', 'options'], ['data'], ['search'], ['train']] as const;

/**
 * Every single setting of the space's options, data, search and training in the configuration that
 * {@link resolveConfig} makes of the same sources, and where it comes from. Seed, device and versions
 * are nobody's finding and are left out.
 *
 * @throws EnasTorchError as {@link resolveConfig}
 */
export function sourcedValues(from: ConfigSources = {}): SourcedValue[] {
  const config = resolveConfig(from);
  const { name: spaceName, options } = config.space;
  const { sources } = findSpace(spaceName).presets[(from.preset ?? 'quick') as PresetName];
  const flags = givenFlags(from.flags ?? {}, { kind: from.kind ?? 'search', spaceName, options });
  return sections.flatMap((section) =>
    leaves(valueAt(config, section), section).map(({ path, value }) => ({
      path: path.join('.'),
      value,
      source: flagAt(path, flags)?.name ?? ownName(from, path) ?? presetSource(sources, path),
    })),
  );
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** What is no object, or an empty one. */
function leaves(value: unknown, path: readonly string[]): Leaf[] {
  if (!isJsonObject(value) || Object.keys(value).length === 0) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** What the settings of one's own are called, where they hold this one. */
function ownName(
  { config, configName = 'config' }: ConfigSources,
  path: readonly string[],
): string | undefined {
  return valueAt(config, path) === undefined ? undefined : configName;
}

/** Of the entry for the nearest path that encloses the setting's. */
function presetSource(sources: Readonly<Record<string, string>>, path: readonly string[]): string {
  for (let length = path.length; length > 0; length--) {
    const source = sources[path.slice(0, length).join('.')];
    if (source !== undefined) return source;
  }
  throw new Error(`the preset names no source of ${path.join('.')}`);
}
