/**
 * The nodes of a cell, by name: the outputs of the cell before last and of the last cell, then one for
 * each block. A node's place in this order is its number in every published format.
 */
export function nodeNames(blocks: number): readonly string[] {
  return [...cellInputs, ...Array.from({ length: blocks }, (_, block) => blockName(block))];
}

/** The outputs of the cell before last (`input0`) and of the last cell (`input1`). */
export const cellInputs = ['input0', 'input1'] as const;

/** Name of a block's node; blocks count from 0, nodes from the two inputs on: `node2`. */
export function blockName(block: number): string {
  return `node${block + cellInputs.length}`;
}

/** The nodes that a block can read: both inputs and every earlier block. */
export function sourcesOf(block: number): readonly string[] {
  return nodeNames(block);
}

/** A node's number in the published formats. */
export function nodeIndex(name: string): number {
  return Number(name.replace(/^\D+/, ''));
}

export function isCellInput(name: string): boolean {
  return (cellInputs as readonly string[]).includes(name);
}
