import { isDeepStrictEqual } from 'node:util';
import { checkOneOf } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { isJsonObject, type JsonObject, overlay, valueAt } from '../run/overlay.ts';
import { findSpace, spaceNames, spaces } from '../spaces/registry.ts';
import type { Space, SpaceDefinition } from '../spaces/space.ts';
import {
  type Attempt,
  complaintOf,
  type Reading,
  readingsOf,
  resizedReadingsOf,
} from './architectureReading.ts';
import type { Given } from './given.ts';
import { hasOptions, optionsWith, type SpaceFlags } from './spaceFlags.ts';

/** What a command line says about an architecture besides its text. */
export interface ArchitectureOptions {
  /** Name of the search space. */
  readonly space?: string | undefined;
  /** Name of the text's format. */
  readonly format?: string | undefined;
  /** What the option for the format is called; `--format` by default. */
  readonly formatFlag?: string;
  readonly flags?: SpaceFlags;
}

/** An architecture together with the space it belongs to. */
export interface PlacedArchitecture {
  readonly definition: SpaceDefinition;
  readonly space: Space;
  /** The space's options, complete. */
  readonly options: JsonObject;
  /** Those of the options that the text itself says or implies, such as its number of layers. */
  readonly said: JsonObject;
  readonly arch: unknown;
}

/** What a text says of itself. */
interface Stated {
  /** The architecture's own text. */
  readonly text: string;
  readonly isJson: boolean;
  readonly space: unknown;
  readonly options: JsonObject | undefined;
}

/**
 * Reads an architecture: a run's `best.json` or `config.json`, a line of `architectures.jsonl`, an
 * architecture's own JSON, or any other format of any space. What is not said is found out: the
 * space and the format by trying, the size (layers, blocks, nodes) from the text.
 *
 * @throws EnasTorchError ERR_ARCHITECTURE when nothing fits the text, or several things do
 */
export function readArchitecture(
  given: Given,
  asked: ArchitectureOptions = {},
): PlacedArchitecture {
  const stated = statedIn(given);
  const definitions = definitionsFor(stated, given, asked);
  // A flag says something of the space too, unless no space has such an option: then that is the mistake.
  const able = definitions.filter((definition) => hasOptions(definition, asked.flags ?? {}));
  const attempts = (able.length > 0 ? able : definitions).map((definition) =>
    attemptOf(definition, stated, asked),
  );
  const settled = settledBy(asked.flags ?? {});
  let readings = attempts.flatMap(({ attempt }) => readingsOf(attempt));
  if (readings.length === 0) {
    readings = attempts.flatMap(({ attempt, said }) =>
      said === undefined ? resizedReadingsOf(attempt, settled) : [],
    );
  }
  if (readings.length === 0) throw unread(attempts, settled, stated, given, asked);
  const { definition, space, options, size, arch } = theOne(readings, given, asked);
  const said = attempts.find(({ attempt }) => attempt.definition === definition)?.said ?? size;
  return { definition, space, options, said, arch };
}

function statedIn({ text, source }: Given): Stated {
  const value = jsonObject(text);
  if (value === undefined) return { text, isJson: false, space: undefined, options: undefined };
  const own = valueAt(value, ['space', 'options']);
  const options = isJsonObject(own) ? own : undefined;
  if (Object.hasOwn(value, 'arch') && !isJsonObject(value.arch)) {
    throw new EnasTorchError(
      'ERR_ARCHITECTURE',
      `${source}: expected an architecture, got none under "arch"; give the best.json of the run`,
    );
  }
  const arch = value.arch ?? value;
  return {
    text: value.arch === undefined ? text : JSON.stringify(arch),
    isJson: true,
    space: valueAt(value, ['space', 'name']) ?? valueAt(arch, ['space']),
    options,
  };
}

/** The spaces that the architecture may belong to. */
function definitionsFor(
  stated: Stated,
  { source }: Given,
  { space, format, formatFlag = '--format' }: ArchitectureOptions,
): readonly SpaceDefinition[] {
  if (space !== undefined) return [findSpace(checkOneOf('--space', space, spaceNames))];
  if (stated.space !== undefined) {
    return [findSpace(checkOneOf(`${source}: space.name`, stated.space, spaceNames))];
  }
  if (format === undefined) return spaces;
  const known = spaces.map((definition) => ({ definition, names: formatsOf(definition) }));
  checkOneOf(formatFlag, format, [...new Set(known.flatMap(({ names }) => names))]);
  return known.flatMap(({ definition, names }) => (names.includes(format) ? [definition] : []));
}

/** Names of a space's formats. */
export function formatsOf({ create, optionsSchema }: SpaceDefinition): string[] {
  return Object.keys(create(optionsSchema.parse({})).formats);
}

interface PlannedAttempt {
  readonly attempt: Attempt;
  /** The options that the text itself says. */
  readonly said: JsonObject | undefined;
}

function attemptOf(
  definition: SpaceDefinition,
  stated: Stated,
  { format, formatFlag = '--format', flags = {} }: ArchitectureOptions,
): PlannedAttempt {
  const formats =
    format === undefined ? undefined : [checkOneOf(formatFlag, format, formatsOf(definition))];
  // Options that a file states for one space say nothing to another.
  const said = stated.space === definition.name ? stated.options : undefined;
  const optionsFor = (size: JsonObject) =>
    optionsWith(definition, overlay(said ?? {}, size), flags);
  return { attempt: { definition, text: stated.text, optionsFor, formats }, said };
}

/** The options that flags set, which the text is then held to. */
function settledBy({ layers, option = [] }: SpaceFlags): string[] {
  return [
    ...(layers === undefined ? [] : ['layers']),
    ...option.map((pair) => pair.split('=', 1)[0]!),
  ];
}

/** The reading that all readings come to. */
function theOne(
  readings: readonly Reading[],
  { source }: Given,
  { formatFlag = '--format' }: ArchitectureOptions,
): Reading {
  const [first, ...others] = readings as [Reading, ...Reading[]];
  if (others.every((other) => sameArchitecture(first, other))) return first;
  const fits = readings.map(({ format, definition }) => `${format} (${definition.name})`);
  throw new EnasTorchError(
    'ERR_ARCHITECTURE',
    `${source}: expected an architecture in one format, got a text that fits ${fits.join(', ')}; say which with --space or ${formatFlag}`,
  );
}

function sameArchitecture(a: Reading, b: Reading): boolean {
  return a.definition === b.definition && isDeepStrictEqual(a.arch, b.arch);
}

function unread(
  attempts: readonly PlannedAttempt[],
  settled: readonly string[],
  stated: Stated,
  { source }: Given,
  asked: ArchitectureOptions,
): EnasTorchError {
  const complaint = (attempt: Attempt, format: string, said?: JsonObject) =>
    complaintOf(attempt, format, said === undefined ? settled : Object.keys(said));
  const [only, ...others] = attempts as [PlannedAttempt, ...PlannedAttempt[]];
  if (others.length === 0) {
    const { attempt, said } = only;
    const names = attempt.formats ?? formatsOf(attempt.definition);
    const likely = names.find((name) => (name === 'json') === stated.isJson) ?? names[0]!;
    const reason = complaint(attempt, likely, said);
    return new EnasTorchError(
      'ERR_ARCHITECTURE',
      asked.format !== undefined
        ? reason
        : `${source}: expected an architecture of the ${attempt.definition.name} space as ${names.join(', ')}; ${reason}`,
    );
  }
  const known = attempts.map(({ attempt: { definition, formats } }) => {
    const names = formats ?? formatsOf(definition);
    return `${definition.name}: ${names.join(', ')}`;
  });
  return new EnasTorchError(
    'ERR_ARCHITECTURE',
    `${source}: expected an architecture (${known.join('; ')}), got ${stated.isJson ? 'JSON' : 'a text'} that is none; say its space with --space to learn what is wrong`,
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
