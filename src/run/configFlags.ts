import { nearest, unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { type JsonObject, objectWith, overlay, valueAt } from './overlay.ts';

/** Short names of often-used settings. A value is checked where it lands, not here. */
export interface ConfigFlags {
  readonly seed?: unknown;
  readonly data?: unknown;
  readonly device?: unknown;
  readonly trainLimit?: unknown;
  readonly epochs?: unknown;
  readonly batch?: unknown;
  readonly layers?: unknown;
  readonly filters?: unknown;
}

interface Flag {
  readonly key: keyof ConfigFlags;
  /** As it is typed. */
  readonly name: string;
  /** The setting it stands for. */
  readonly path: readonly string[];
}

const flagList: readonly Flag[] = [
  { key: 'seed', name: '--seed', path: ['seed'] },
  { key: 'data', name: '--data', path: ['data', 'spec'] },
  { key: 'device', name: '--device', path: ['device'] },
  { key: 'trainLimit', name: '--train-limit', path: ['data', 'trainLimit'] },
  { key: 'epochs', name: '--epochs', path: ['search', 'epochs'] },
  { key: 'batch', name: '--batch', path: ['search', 'omega', 'batch'] },
  { key: 'layers', name: '--layers', path: ['space', 'options', 'layers'] },
  { key: 'filters', name: '--filters', path: ['space', 'options', 'filters'] },
];

const spaceFlag = { key: 'space', name: '--space', path: ['space', 'name'] } as const;

/** The flag that stands for the setting at a path, if one does. */
export function flagAt(path: readonly PropertyKey[]): Flag | undefined {
  return flagList.find(
    (flag) => flag.path.length === path.length && flag.path.every((key, i) => key === path[i]),
  );
}

/**
 * The settings that flags stand for.
 *
 * @param optionKeys the options the space has
 * @throws EnasTorchError ERR_ARGUMENT for an unknown flag, and for one whose option the space lacks
 */
export function flagOverlay(
  flags: ConfigFlags,
  spaceName: string,
  optionKeys: readonly string[],
): JsonObject {
  let settings: JsonObject = {};
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const flag = flagList.find((candidate) => candidate.key === key);
    if (flag === undefined) throw unknownFlag(key);
    const option = flag.path[0] === 'space' ? flag.path.at(-1)! : undefined;
    if (option !== undefined && !optionKeys.includes(option)) {
      throw unexpected(
        flag.name,
        `a space with the option ${option}`,
        spaceName,
        `the options of ${spaceName} are ${optionKeys.join(', ')}`,
      );
    }
    settings = overlay(settings, objectWith(flag.path, value));
  }
  return settings;
}

/**
 * Throws unless every flag says what the configuration says already: a run keeps the settings it
 * began with.
 *
 * @param run how the run is called in the error
 */
export function checkFlagsAgree(
  flags: ConfigFlags & { readonly space?: unknown },
  config: unknown,
  run: string,
): void {
  for (const { key, name, path } of [spaceFlag, ...flagList]) {
    const value = flags[key];
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

function unknownFlag(key: string): EnasTorchError {
  const keys = flagList.map((flag) => flag.key);
  const near = nearest(key, keys);
  const hint = near === undefined ? `the flags are ${keys.join(', ')}` : `did you mean ${near}?`;
  return new EnasTorchError('ERR_ARGUMENT', `flags.${key}: unknown key; ${hint}`);
}
