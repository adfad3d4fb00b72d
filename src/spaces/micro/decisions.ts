import type { Decision } from '../space.ts';
import { blockName, cellInputs, sourcesOf } from './nodes.ts';

/** The operators of a block; an operator's place here is its number in the authors' format. */
export const microOps = ['sep3x3', 'sep5x5', 'avgpool3x3', 'maxpool3x3', 'identity'] as const;

export type MicroOp = (typeof microOps)[number];

/** The two cells of an architecture, in the order in which the controller designs them. */
export const cellKinds = ['normal', 'reduce'] as const;

export type CellKind = (typeof cellKinds)[number];

/** The two sides of a block, whose results are added. */
export const sides = ['a', 'b'] as const;

/** What pins the operators in the authors' code: both separable convolutions start far ahead. */
const pinned = {
  bias: [10, 10, 0, 0, 0],
  prior: [0.25, 0.25, -0.25, -0.25, -0.25],
} as const;

/**
 * The controller's decisions, normal cell first: for each block two earlier nodes of the same cell, by
 * attention, then the operators applied to them (Pham et al. 2018, section 2.4). With B nodes in a
 * cell, of which two are its inputs, (5·(B − 2)!)⁴ cells by the paper's count.
 *
 * @param opPrior whether the operators' logits have the bias and the prior of the authors' code
 */
export function decisions(blocks: number, opPrior: boolean): readonly Decision[] {
  return cellKinds.flatMap((cell) =>
    Array.from({ length: blocks }, (_, block) => blockDecisions(cell, block, opPrior)).flat(),
  );
}

function blockDecisions(cell: CellKind, block: number, opPrior: boolean): readonly Decision[] {
  const node = `${cell}/${blockName(block)}`;
  const within = (names: readonly string[]) => names.map((name) => `${cell}/${name}`);
  const input = { kind: 'input', among: within(sourcesOf(block)) } as const;
  const op = { kind: 'op', options: microOps, ...(opPrior && pinned) } as const;
  return [
    { ...input, name: `${node}/a/input`, ...(block === 0 && { roots: within(cellInputs) }) },
    { ...input, name: `${node}/b/input` },
    { ...op, name: `${node}/a/op` },
    { ...op, name: `${node}/b/op`, anchor: node },
  ];
}

/** Decisions that one block takes: two inputs, two operators. */
export const decisionsPerBlock = 4;
