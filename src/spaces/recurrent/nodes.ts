/** Name of node ℓ of a cell, from 1, as in the paper: `node1` reads the input and the last step. */
export function nodeName(number: number): string {
  return `node${number}`;
}

/** The number ℓ of a node's name. */
export function nodeNumber(name: string): number {
  return Number(name.slice('node'.length));
}

/** Names of the nodes that node ℓ can read: all before it. */
export function earlierNodes(number: number): readonly string[] {
  return Array.from({ length: number - 1 }, (_, i) => nodeName(i + 1));
}
