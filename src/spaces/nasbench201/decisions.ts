import type { Decision } from '../space.ts';

/** The operators of an edge, in the benchmark's order (Dong & Yang 2020, section 2.1). */
export const edgeOps = [
  'none',
  'skip_connect',
  'nor_conv_1x1',
  'nor_conv_3x3',
  'avg_pool_3x3',
] as const;

export type EdgeOp = (typeof edgeOps)[number];

export interface Edge {
  readonly from: number;
  readonly to: number;
}

/** The edges of a cell's four nodes, in the order of the benchmark's text: by target, then source. */
export const edges: readonly Edge[] = [
  { from: 0, to: 1 },
  { from: 0, to: 2 },
  { from: 1, to: 2 },
  { from: 0, to: 3 },
  { from: 1, to: 3 },
  { from: 2, to: 3 },
];

/** The controller's decisions: the operator of each edge. 5^6 = 15,625 cells. */
export const decisions: readonly Decision[] = edges.map(({ from, to }) => ({
  kind: 'op',
  name: `node${to}/from-node${from}`,
  options: edgeOps,
}));
