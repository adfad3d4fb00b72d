import { EnasTorchError } from '../errors/error.ts';
import { addonPath, loadAddon } from './load.ts';
import type { Native } from './native.ts';

/**
 * The addon of this JavaScript environment. Importing this module loads libtorch (about a second).
 *
 * The functions are read through a prototype: V8 keeps an object of so many properties as a hash
 * table, but a prototype in a form whose reads it compiles to constants (2 % of a small `add`).
 */
export const native: Native = Object.create(loadAddon());

native.setErrorClass(EnasTorchError);

// A second instance, in whose environment the garbage collector's finalizers run: see
// native/binding/environment.h.
const collector = { exports: {} as Native };
process.dlopen(collector, addonPath());
native.setCollector(collector.exports.environment());
