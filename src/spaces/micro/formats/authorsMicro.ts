import { refusal } from '../../refusal.ts';
import type { Format } from '../../space.ts';
import type { Block, MicroArch } from '../arch.ts';
import { type CellKind, cellKinds, microOps, sides } from '../decisions.ts';
import { blockName, nodeIndex, sourcesOf } from '../nodes.ts';
import { otherBlocks } from './otherBlocks.ts';

/** Numbers that a block takes: the node and the operator of each side. */
const perBlock = 2 * sides.length;

/**
 * The authors' format: whitespace between integers; `node operator node operator` for each block of the
 * normal cell, then for those of the reduction cell. Node 0 is the output of the cell before last, 1
 * that of the last cell, from 2 on they are the blocks.
 */
export function authorsMicro(blocks: number): Format<MicroArch> {
  return {
    name: 'authors-micro',
    description:
      "the authors' integers: for each block node, operator, node, operator; normal cell first",
    parse: (text) => parse(blocks, text),
    print: (arch) => cellKinds.map((kind) => `${arch[kind].map(numbers).join(' ')}\n`).join(''),
  };
}

function numbers({ inputs, ops }: Block): string {
  return sides
    .flatMap((_, side) => [nodeIndex(inputs[side]!), microOps.indexOf(ops[side]!)])
    .join(' ');
}

function parse(blocks: number, text: string): MicroArch {
  const tokens = text.split(/\s+/).filter((token) => token !== '');
  const perCell = perBlock * blocks;
  if (tokens.length !== 2 * perCell) {
    const rule = `${perBlock} for each of ${blocks} blocks, normal and reduction cell`;
    const got = `got ${tokens.length}${otherBlocks(tokens.length, 2 * perBlock)}`;
    throw refusal('authors-micro', `expected ${2 * perCell} numbers (${rule}), ${got}`);
  }
  const cell = (kind: CellKind) =>
    Array.from({ length: blocks }, (_, block) => {
      const at = cellKinds.indexOf(kind) * perCell + perBlock * block;
      return blockAt(tokens, at, `${kind}/${blockName(block)}`, sourcesOf(block));
    });
  return { space: 'micro', normal: cell('normal'), reduce: cell('reduce') };
}

function blockAt(
  tokens: readonly string[],
  at: number,
  where: string,
  sources: readonly string[],
): Block {
  const node = (side: 0 | 1) =>
    pick(tokens, at + 2 * side, sources, `node that ${where}/${sides[side]} reads`);
  const op = (side: 0 | 1) =>
    pick(tokens, at + 2 * side + 1, microOps, `operator of ${where}/${sides[side]}`);
  return { inputs: [node(0), node(1)], ops: [op(0), op(1)] };
}

function pick<T>(tokens: readonly string[], at: number, from: readonly T[], what: string): T {
  const token = tokens[at]!;
  const value = /^\d+$/.test(token) ? from[Number(token)] : undefined;
  if (value !== undefined) return value;
  const expected = `expected an integer from 0 to ${from.length - 1}, got "${token}"`;
  throw refusal('authors-micro', `number ${at + 1} (${what}): ${expected}`);
}
