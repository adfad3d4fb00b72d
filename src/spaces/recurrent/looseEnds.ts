import { laterNodes, type RecurrentArch } from './arch.ts';
import { nodeName } from './nodes.ts';

/** The nodes that no later one reads. */
export function looseEnds(arch: RecurrentArch): readonly string[] {
  const read = new Set(laterNodes(arch).map(({ from }) => from));
  return arch.nodes.map((_, i) => nodeName(i + 1)).filter((name) => !read.has(name));
}
