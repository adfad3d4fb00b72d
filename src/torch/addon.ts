import { EnasTorchError } from '../errors/error.ts';
import { loadAddon } from './load.ts';
import type { Native } from './native.ts';

/** The addon of this JavaScript environment. Importing this module loads libtorch (about a second). */
export const native: Native = loadAddon();

native.setErrorClass(EnasTorchError);
