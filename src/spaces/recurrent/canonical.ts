import { laterNodes, type RecurrentArch, recurrentArch } from './arch.ts';
import { type RecurrentOp, recurrentOps } from './decisions.ts';
import { nodeName } from './nodes.ts';

/** A node with those that read it. */
interface Tree {
  readonly op: RecurrentOp;
  /** Whether it is the cell's last node, which the next time step may read. */
  readonly last: boolean;
  readonly readers: readonly Tree[];
  /** The whole subtree as text; equal for isomorphic ones (Aho, Hopcroft & Ullman 1974). */
  readonly code: string;
}

/**
 * The one of all cells that differ only in the numbering of their nodes: node by node, those that read
 * one node are in the order of their subtrees' codes.
 *
 * @param markLast whether node N is set apart, as it is where the next time step reads it; it reads
 *   nothing further, and so keeps the last number
 */
export function canonical(arch: RecurrentArch, markLast: boolean): RecurrentArch {
  const count = arch.nodes.length;
  const later: { from: string; op: RecurrentOp }[] = [];
  let lastNode: { from: string; op: RecurrentOp } | undefined;
  const place = ({ readers }: Tree, name: string): void => {
    for (const reader of readers) {
      const entry = { from: name, op: reader.op };
      if (reader.last) {
        lastNode = entry;
        continue;
      }
      later.push(entry);
      place(reader, nodeName(later.length + 1));
    }
  };
  place(treeOf(arch, 1, markLast ? count : 0), nodeName(1));
  return recurrentArch(arch.nodes[0].op, lastNode === undefined ? later : [...later, lastNode]);
}

function treeOf(arch: RecurrentArch, number: number, lastNumber: number): Tree {
  const name = nodeName(number);
  const readers = laterNodes(arch)
    .flatMap(({ from }, i) => (from === name ? [treeOf(arch, i + 2, lastNumber)] : []))
    .sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
  const { op } = arch.nodes[number - 1]!;
  const last = number === lastNumber;
  const code = `(${recurrentOps.indexOf(op)}${last ? '!' : ''}${readers.map((r) => r.code).join('')})`;
  return { op, last, readers, code };
}
