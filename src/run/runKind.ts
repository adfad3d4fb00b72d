import type { ResolvedConfig } from './config.ts';

/** A run searches for an architecture, or trains one from scratch. */
export type RunKind = 'search' | 'train';

export function kindOf({ arch }: Pick<ResolvedConfig, 'arch'>): RunKind {
  return arch === null ? 'search' : 'train';
}
