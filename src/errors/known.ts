import { checkOneOf, unexpected } from './check.ts';

/**
 * The options a function was given, once every key is one that it has: a mistyped key would
 * otherwise leave the default in place without a word.
 *
 * @throws EnasTorchError ERR_ARGUMENT with the nearest key
 */
export function known<T extends object>(
  where: string,
  options: T,
  keys: readonly (keyof T & string)[],
): T {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw unexpected(`${where}: options`, 'an object', options, `its keys are ${keys.join(', ')}`);
  }
  for (const key in options) {
    if (!keys.includes(key)) checkOneOf(`${where}: option`, key, keys);
  }
  return options;
}
