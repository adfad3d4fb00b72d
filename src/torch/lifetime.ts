import { native } from './addon.ts';
import type { Handle } from './nativeTypes.ts';

/** How many scopes are open; the addon keeps what belongs to each. */
let depth = 0;

/**
 * Gives a new tensor its owner: the innermost scope, which releases it at its end, or, where there
 * is none, the garbage collector. Only the second costs anything (0.7 µs).
 */
export function own(object: object, handle: Handle): void {
  if (depth === 0) native.collectable(object, handle);
}

export function enter(): void {
  native.beginScope();
  depth++;
}

/** Ends the innermost scope; what is kept goes to the one outside, or to the garbage collector. */
export function leave(kept: readonly { readonly handle: Handle }[]): void {
  depth--;
  native.endScope(kept.map((tensor) => tensor.handle));
  if (depth === 0) for (const tensor of kept) native.collectable(tensor, tensor.handle);
}
