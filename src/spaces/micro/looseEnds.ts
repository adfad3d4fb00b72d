import type { Block } from './arch.ts';
import { nodeNames } from './nodes.ts';

/**
 * The nodes of a cell that no block reads, in order: what its output is made of (Pham et al. 2018,
 * section 2.4). An input that no block reads counts too.
 */
export function looseEnds(blocks: readonly Block[]): readonly string[] {
  const read = new Set(blocks.flatMap(({ inputs }) => inputs));
  return nodeNames(blocks.length).filter((name) => !read.has(name));
}
