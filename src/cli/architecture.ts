import { checkOneOf } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { resolveConfig, spaceOf } from '../run/config.ts';
import { isJsonObject, type JsonObject, valueAt } from '../run/overlay.ts';
import type { Space } from '../spaces/space.ts';

/** What the command line says about an architecture in a file. */
export interface ArchitectureOptions {
  readonly space?: string | undefined;
  readonly format?: string | undefined;
  readonly layers?: unknown;
}

/** An architecture together with the space it belongs to. */
export interface PlacedArchitecture {
  readonly space: Space;
  readonly arch: unknown;
}

/**
 * Reads an architecture: a run's `best.json`, a line of `architectures.jsonl`, an architecture's own
 * JSON, or any other format of its space. What the options leave open is taken from the text.
 *
 * @param source what the text is called in errors
 * @throws EnasTorchError ERR_ARCHITECTURE when no format of the space reads the text
 */
export function readArchitecture(
  text: string,
  source: string,
  options: ArchitectureOptions,
): PlacedArchitecture {
  const value = jsonObject(text);
  const space = spaceFor(value, source, options);
  if (options.format !== undefined) {
    const name = checkOneOf('--format', options.format, Object.keys(space.formats));
    return { space, arch: space.formats[name]!.parse(text) };
  }
  const arch = value?.arch;
  const inner = arch === undefined ? text : JSON.stringify(arch);
  return { space, arch: parseAny(space, inner, value !== undefined, source) };
}

function spaceFor(
  value: JsonObject | undefined,
  source: string,
  options: ArchitectureOptions,
): Space {
  const arch = value?.arch ?? value;
  const name = valueAt(value, ['space', 'name']) ?? valueAt(arch, ['space']);
  const own = valueAt(value, ['space', 'options']);
  const layers = valueAt(arch, ['layers']);
  const spaceOptions = isJsonObject(own)
    ? own
    : Array.isArray(layers)
      ? { layers: layers.length }
      : undefined;
  const config = { space: { name, options: spaceOptions } };
  const flags = { layers: options.layers };
  return spaceOf(resolveConfig({ space: options.space, config, configName: source, flags }));
}

function parseAny(space: Space, text: string, isJson: boolean, source: string): unknown {
  const formats = Object.values(space.formats);
  const failures = new Map<string, string>();
  for (const format of formats) {
    try {
      return format.parse(text);
    } catch (error) {
      if (!(error instanceof EnasTorchError)) throw error;
      failures.set(format.name, error.message);
    }
  }
  const likely = formats.find((format) => (format.name === 'json') === isJson) ?? formats[0];
  throw new EnasTorchError(
    'ERR_ARCHITECTURE',
    `${source}: expected an architecture of the ${space.name} space as ` +
      `${formats.map((format) => format.name).join(', ')}; ${failures.get(likely?.name ?? '')}`,
  );
}

function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
