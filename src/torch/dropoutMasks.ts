import { unexpected } from '../errors/check.ts';
import type { Tensor } from './tensor.ts';

/**
 * Gives the mask of a dropout: of the input's shape, dtype, device and memory format, 0 where an
 * element is dropped and 1/(1−p) elsewhere; undefined to have it drawn as ever.
 */
export type MaskSource = (input: Tensor, p: number, seed: number | undefined) => Tensor | undefined;

let source: MaskSource | undefined;

/**
 * Runs `fn` with the masks of its dropouts taken from `masks` rather than drawn: no random number can
 * be drawn from a seed while a graph is captured. Synchronous; not to be nested.
 */
export function withMasks<T>(masks: MaskSource, fn: () => T): T {
  if (source !== undefined) throw unexpected('withMasks', 'no other withMasks round it', 'one');
  source = masks;
  try {
    return fn();
  } finally {
    source = undefined;
  }
}

export function givenMask(input: Tensor, p: number, seed: number | undefined): Tensor | undefined {
  return source?.(input, p, seed);
}
