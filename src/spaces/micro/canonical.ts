import type { Block, MicroArch } from './arch.ts';
import { microOps } from './decisions.ts';
import { blockName, cellInputs } from './nodes.ts';

/** A block as numbers: (node, operator) of its lesser side, then of the other. */
type Code = readonly number[];

/**
 * The one of all architectures that differ only in the order of blocks and in which side of a block is
 * which: of all orders in which every block comes after those it reads, the one whose codes are
 * lexicographically least, with the sides of each block in order. Exact: two cells have equal forms if
 * and only if they are isomorphic.
 */
export function canonical(arch: MicroArch): MicroArch {
  return {
    space: 'micro',
    normal: canonicalCell(arch.normal),
    reduce: canonicalCell(arch.reduce),
  };
}

function canonicalCell(blocks: readonly Block[]): readonly Block[] {
  return leastOrder(blocks, new Map(cellInputs.map((name, i) => [name, i]))).map(toBlock);
}

/**
 * The least codes of the blocks that have no number yet.
 *
 * @param numbers new numbers of the inputs and of the blocks placed so far, by old name
 */
function leastOrder(blocks: readonly Block[], numbers: ReadonlyMap<string, number>): Code[] {
  const ready = blocks
    .map((block, b) => ({ name: blockName(b), inputs: block.inputs, block }))
    .filter(({ name, inputs }) => !numbers.has(name) && inputs.every((node) => numbers.has(node)))
    .map(({ name, block }) => ({ name, code: codeOf(block, numbers) }))
    .sort((x, y) => compare(x.code, y.code));
  const least = ready[0]?.code;
  if (least === undefined) return [];
  // Blocks of equal codes are tried each in turn; those that nobody reads are interchangeable.
  const tied = ready.filter(({ code }) => compare(code, least) === 0);
  const read = new Set(blocks.flatMap(({ inputs }) => inputs));
  const unread = tied.filter(({ name }) => !read.has(name));
  const tries = [...unread.slice(0, 1), ...tied.filter(({ name }) => read.has(name))];
  const orders = tries.map(({ name, code }) => [
    code,
    ...leastOrder(blocks, new Map([...numbers, [name, numbers.size]])),
  ]);
  return orders.reduce((a, b) => (compare(a.flat(), b.flat()) <= 0 ? a : b));
}

function codeOf({ inputs, ops }: Block, numbers: ReadonlyMap<string, number>): Code {
  return inputs
    .map((node, side): Code => [numbers.get(node)!, microOps.indexOf(ops[side]!)])
    .sort(compare)
    .flat();
}

/** Lexicographic order of numbers. */
function compare(a: Code, b: Code): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at === -1 ? 0 : a[at]! - b[at]!;
}

function toBlock([input0, op0, input1, op1]: Code): Block {
  const name = (index: number) => cellInputs[index] ?? blockName(index - cellInputs.length);
  return {
    inputs: [name(input0!), name(input1!)],
    ops: [microOps[op0!]!, microOps[op1!]!],
  };
}
