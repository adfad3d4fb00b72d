import { type ZodType, z } from 'zod';
import { checkInteger, unexpected } from '../../errors/check.ts';
import type { Choices } from '../space.ts';
import {
  type CellKind,
  cellKinds,
  decisionsPerBlock,
  type MicroOp,
  microOps,
} from './decisions.ts';
import { blockName, nodeIndex, sourcesOf } from './nodes.ts';

/** One block of a cell: `ops[0]` of node `inputs[0]`, plus `ops[1]` of node `inputs[1]`. */
export interface Block {
  /** Names of earlier nodes of the cell: `['input0', 'node2']`. */
  readonly inputs: readonly [string, string];
  readonly ops: readonly [MicroOp, MicroOp];
}

/** A pair of cells, as it stands in files and events. Block i is node `node<i + 2>` of its cell. */
export interface MicroArch {
  readonly space: 'micro';
  readonly normal: readonly Block[];
  /** The reduction cell. */
  readonly reduce: readonly Block[];
}

/** Schema of the architectures with so many blocks in each cell. */
export function archSchema(blocks: number): ZodType<MicroArch> {
  const cell = cellSchema(blocks);
  return z.strictObject({
    space: z.literal('micro'),
    normal: cell,
    reduce: cell,
  }) as ZodType<MicroArch>;
}

function cellSchema(blocks: number) {
  const items = Array.from({ length: blocks }, (_, block) => blockSchema(sourcesOf(block)));
  return z.tuple(items as [(typeof items)[number], ...typeof items], {
    error: lengthError(
      `${blocks} blocks`,
      '; make the space with as many blocks as the architecture has',
    ),
  });
}

function blockSchema(sources: readonly string[]) {
  const pair = <T extends z.ZodType>(item: T, what: string) =>
    z.tuple([item, item], { error: lengthError(`two ${what}, one for each side of the block`) });
  return z.strictObject({
    inputs: pair(z.enum(sources), 'earlier nodes'),
    ops: pair(z.enum(microOps), 'operators'),
  });
}

function lengthError(expected: string, remedy = '') {
  return ({ code, input }: { readonly code: string; readonly input?: unknown }) =>
    code === 'too_small' || code === 'too_big'
      ? `expected ${expected}, got ${(input as unknown[]).length}${remedy}`
      : undefined;
}

/** The architecture that choices for the space's decisions mean. */
export function decode(blocks: number, choices: Choices): MicroArch {
  const perCell = decisionsPerBlock * blocks;
  if (choices.length !== 2 * perCell) {
    throw unexpected(
      'micro choices',
      `${2 * perCell} choices for ${blocks} blocks a cell`,
      choices,
    );
  }
  const cell = (kind: CellKind) =>
    Array.from({ length: blocks }, (_, block) => {
      const at = cellKinds.indexOf(kind) * perCell + decisionsPerBlock * block;
      return blockOf(
        `${kind}/${blockName(block)}`,
        block,
        choices.slice(at, at + decisionsPerBlock),
      );
    });
  return { space: 'micro', normal: cell('normal'), reduce: cell('reduce') };
}

function blockOf(where: string, block: number, [inputA, inputB, opA, opB]: Choices): Block {
  const pick = <T>(name: string, from: readonly T[], choice: unknown): T =>
    from[checkInteger(`choice of ${where}/${name}`, choice, 0, from.length - 1)]!;
  const sources = sourcesOf(block);
  return {
    inputs: [pick('a/input', sources, inputA), pick('b/input', sources, inputB)],
    ops: [pick('a/op', microOps, opA), pick('b/op', microOps, opB)],
  };
}

/** The choices that mean this architecture. */
export function encode(arch: MicroArch): Choices {
  return cellKinds.flatMap((kind) =>
    arch[kind].flatMap(({ inputs, ops }) => [
      ...inputs.map(nodeIndex),
      ...ops.map((op) => microOps.indexOf(op)),
    ]),
  );
}
