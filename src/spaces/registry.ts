import { checkOneOf } from '../errors/check.ts';
import { macro } from './macro/index.ts';
import { micro } from './micro/index.ts';
import { nasBench201 } from './nasbench201/index.ts';
import { recurrent } from './recurrent/index.ts';
import type { SpaceDefinition } from './space.ts';

/** The built-in search spaces; a new one is a folder beside this file and a line here. */
export const spaces: readonly SpaceDefinition[] = [
  macro as SpaceDefinition,
  micro as SpaceDefinition,
  recurrent as SpaceDefinition,
  nasBench201 as SpaceDefinition,
];

export const spaceNames: readonly string[] = spaces.map(({ name }) => name);

/**
 * The built-in space of this name.
 *
 * @throws EnasTorchError ERR_ARGUMENT with the nearest name there is
 */
export function findSpace(name: string): SpaceDefinition {
  checkOneOf('search space', name, spaceNames);
  return spaces.find((space) => space.name === name)!;
}
