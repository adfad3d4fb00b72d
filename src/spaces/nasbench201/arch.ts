import { z } from 'zod';
import { checkInteger, unexpected } from '../../errors/check.ts';
import type { Choices } from '../space.ts';
import { decisions, type EdgeOp, edgeOps, edges } from './decisions.ts';

const op = z.enum(edgeOps);

/** Schema of a cell: for each node the operator of the edge from each earlier one. */
export const archSchema = z.strictObject({
  space: z.literal('nasbench201'),
  edges: z.strictObject({
    node1: z.strictObject({ node0: op }),
    node2: z.strictObject({ node0: op, node1: op }),
    node3: z.strictObject({ node0: op, node1: op, node2: op }),
  }),
});

/** A cell of NAS-Bench-201, as it stands in files and events: `edges.node2.node1` leads from 1 to 2. */
export type NasBench201Arch = z.infer<typeof archSchema>;

/** The operators of a cell, in the order of {@link edges}. */
export function opsOf({ edges: { node1, node2, node3 } }: NasBench201Arch): EdgeOp[] {
  return [node1.node0, node2.node0, node2.node1, node3.node0, node3.node1, node3.node2];
}

/** The cell whose edges, in the order of {@link edges}, have these operators. */
export function archOf(ops: readonly EdgeOp[]): NasBench201Arch {
  const [a, b, c, d, e, f] = ops as [EdgeOp, EdgeOp, EdgeOp, EdgeOp, EdgeOp, EdgeOp];
  return {
    space: 'nasbench201',
    edges: {
      node1: { node0: a },
      node2: { node0: b, node1: c },
      node3: { node0: d, node1: e, node2: f },
    },
  };
}

/** The cell that choices for {@link decisions} mean. */
export function decode(choices: Choices): NasBench201Arch {
  if (choices.length !== edges.length) {
    throw unexpected('nasbench201 choices', `${edges.length} choices`, choices);
  }
  const ops = decisions.map(
    ({ name }, i) => edgeOps[checkInteger(`choice of ${name}`, choices[i], 0, edgeOps.length - 1)]!,
  );
  return archOf(ops);
}

/** The choices that mean this cell. */
export function encode(arch: NasBench201Arch): Choices {
  return opsOf(arch).map((name) => edgeOps.indexOf(name));
}

/**
 * Where nothing leads from node 1 to node 2, either could be called 1: it is the one whose operators
 * come first. Every other renumbering would turn an edge round.
 */
export function canonical(arch: NasBench201Arch): NasBench201Arch {
  const { node1, node2, node3 } = arch.edges;
  if (node2.node1 !== 'none') return arch;
  const rank = (into: EdgeOp, out: EdgeOp) =>
    edgeOps.indexOf(into) * edgeOps.length + edgeOps.indexOf(out);
  if (rank(node1.node0, node3.node1) <= rank(node2.node0, node3.node2)) return arch;
  return archOf([node2.node0, node1.node0, 'none', node3.node0, node3.node2, node3.node1]);
}
