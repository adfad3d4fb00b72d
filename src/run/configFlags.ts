import { nearest, unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { type JsonObject, objectWith, overlay, valueAt } from './overlay.ts';
import { kindOf, type RunKind } from './runKind.ts';

/** Short names of often-used settings. A value is checked where it lands, not here. */
export interface ConfigFlags {
  readonly seed?: unknown;
  readonly data?: unknown;
  readonly device?: unknown;
  readonly precision?: unknown;
  readonly trainLimit?: unknown;
  readonly vocabularyLimit?: unknown;
  readonly epochs?: unknown;
  readonly batch?: unknown;
  readonly trainEpochs?: unknown;
  readonly cutout?: unknown;
  readonly layers?: unknown;
  readonly filters?: unknown;
  readonly hidden?: unknown;
}

/** Where a flag lands: a path; one for each kind of run; or an option of the space, by its key. */
type Place =
  | readonly string[]
  | Readonly<Record<RunKind, readonly string[]>>
  | { readonly option: string };

interface Flag {
  readonly key: keyof ConfigFlags;
  /** As it is typed. */
  readonly name: string;
  readonly place: Place;
}

const flagList: readonly Flag[] = [
  { key: 'seed', name: '--seed', place: ['seed'] },
  { key: 'data', name: '--data', place: ['data', 'spec'] },
  { key: 'device', name: '--device', place: ['device'] },
  { key: 'precision', name: '--precision', place: ['precision'] },
  { key: 'trainLimit', name: '--train-limit', place: ['data', 'trainLimit'] },
  { key: 'vocabularyLimit', name: '--vocabulary-limit', place: ['data', 'vocabularyLimit'] },
  {
    key: 'epochs',
    name: '--epochs',
    place: { search: ['search', 'epochs'], train: ['train', 'epochs'] },
  },
  {
    key: 'batch',
    name: '--batch',
    place: { search: ['search', 'omega', 'batch'], train: ['train', 'batch'] },
  },
  { key: 'trainEpochs', name: '--train-epochs', place: ['train', 'epochs'] },
  { key: 'cutout', name: '--cutout', place: ['train', 'cutout'] },
  { key: 'layers', name: '--layers', place: { option: 'layers' } },
  { key: 'filters', name: '--filters', place: { option: 'filters' } },
  { key: 'hidden', name: '--hidden', place: { option: 'hidden' } },
];

/** What flags are given for. */
export interface FlagContext {
  /** A search's epochs and minibatches, or a training's. */
  readonly kind: RunKind;
  readonly spaceName: string;
  /** Any options of the space, for the keys there are. */
  readonly options: JsonObject;
}

/** A flag that was given, as it is typed, with the path of the setting it stands for. */
export interface GivenFlag {
  readonly name: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * The flags that were given and where each lands.
 *
 * @throws EnasTorchError ERR_ARGUMENT for an unknown flag, and for one whose option the space lacks
 */
export function givenFlags(flags: ConfigFlags, context: FlagContext): readonly GivenFlag[] {
  return Object.entries(flags).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const flag = flagList.find((candidate) => candidate.key === key);
    if (flag === undefined) throw unknownFlag(key);
    return [{ name: flag.name, path: pathOf(flag, context), value }];
  });
}

/** The settings that flags stand for. */
export function flagOverlay(flags: readonly GivenFlag[]): JsonObject {
  return flags.reduce<JsonObject>(
    (settings, { path, value }) => overlay(settings, objectWith(path, value)),
    {},
  );
}

/** The flag that stands for the setting at a path, if one was given that does. */
export function flagAt(
  path: readonly PropertyKey[],
  flags: readonly GivenFlag[],
): GivenFlag | undefined {
  return flags.find(
    (flag) => flag.path.length === path.length && flag.path.every((key, i) => key === path[i]),
  );
}

/**
 * Throws unless every flag says what the configuration says already: a run keeps the settings it
 * began with.
 *
 * @param run how the run is called in the error
 */
export function checkFlagsAgree(
  { space, ...flags }: ConfigFlags & { readonly space?: unknown },
  config: { readonly arch: unknown; readonly space: { name: string; options: JsonObject } },
  run: string,
): void {
  const { name: spaceName, options } = config.space;
  const spaceFlag = { name: '--space', path: ['space', 'name'], value: space };
  const given = givenFlags(flags, { kind: kindOf(config), spaceName, options });
  for (const { name, path, value } of [spaceFlag, ...given]) {
    const settled = valueAt(config, path);
    if (value === undefined || value === settled) continue;
    throw unexpected(
      name,
      `${String(settled)}, as ${path.join('.')} of ${run} says`,
      value,
      `leave ${name} out: a run keeps the settings it began with`,
    );
  }
}

function pathOf(
  { name, place }: Flag,
  { kind, spaceName, options }: FlagContext,
): readonly string[] {
  if (!('option' in place)) return 'search' in place ? place[kind] : place;
  if (Object.hasOwn(options, place.option)) return ['space', 'options', place.option];
  throw unexpected(
    name,
    `a space with the option ${place.option}`,
    spaceName,
    `the options of ${spaceName} are ${Object.keys(options).join(', ')}`,
  );
}

function unknownFlag(key: string): EnasTorchError {
  const keys = flagList.map((flag) => flag.key);
  const near = nearest(key, keys);
  const hint = near === undefined ? `the flags are ${keys.join(', ')}` : `did you mean ${near}?`;
  return new EnasTorchError('ERR_ARGUMENT', `flags.${key}: unknown key; ${hint}`);
}
