import { EnasTorchError } from '../errors/error.ts';
import { loadAddon } from './load.ts';
import type { Native } from './native.ts';

/**
 * The addon of this JavaScript environment. Importing this module loads libtorch (about a second).
 *
 * The functions are read through a prototype: V8 keeps an object of so many properties as a hash
 * table, but a prototype in a form whose reads it compiles to constants (2 % of a small `add`).
 */
export const native: Native = Object.create(loadAddon());

native.setErrorClass(EnasTorchError);
