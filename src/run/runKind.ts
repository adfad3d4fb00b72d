/** A run searches for an architecture, or trains one from scratch. */
export type RunKind = 'search' | 'train';

export function kindOf({ arch }: { readonly arch?: unknown }): RunKind {
  return arch === null ? 'search' : 'train';
}
