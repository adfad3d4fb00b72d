import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { uniform } from '../../graph/init.ts';
import { laterNodes, type RecurrentArch } from './arch.ts';
import type { RecurrentOp } from './decisions.ts';
import { looseEnds } from './looseEnds.ts';
import { nodeName } from './nodes.ts';
import type { Style } from './style.ts';

/**
 * One time step of a recurrent cell (Pham et al. 2018, appendix A), named in the current scope:
 *
 *     c₁ = σ(x·W(x,c) + h_{t−1}·W(h,c))                       (2)
 *     h₁ = c₁ ⊗ f₁(x·W(x,h) + h_{t−1}·W(h,h))                 (3)
 *     cℓ = σ(h_j·W(c)_{ℓ,j})                                  (4)
 *     hℓ = cℓ ⊗ fℓ(h_j·W(h)_{ℓ,j}) + (1 − cℓ) ⊗ h_j           (5)
 *
 * The nodes that no other reads are averaged; in a search a batch norm follows at once.
 *
 * @param x what the layer reads, [X]
 * @param last h_{t−1}, [H]
 * @returns what the layer gives, and what is h_{t−1} at the next time step
 */
export function cell(
  g: GraphBuilder,
  arch: RecurrentArch,
  x: NodeId,
  last: NodeId,
  style: Style,
): { readonly output: NodeId; readonly next: NodeId } {
  const nodes = new Map([[nodeName(1), firstNode(g, arch.nodes[0].op, x, last, style)]]);
  laterNodes(arch).forEach(({ from, op }, i) => {
    const name = nodeName(i + 2);
    const source = nodes.get(from)!;
    const path = `${name}/from${from.slice('node'.length)}`;
    const read = dropped(g, source, `${name}/dropout`, style.dropout.nodes, style);
    const z = gates(g, read, path, op, style);
    nodes.set(name, g.highway(z, { name, activation: op, carry: source }));
  });
  const output = average(g, arch, nodes, style);
  const lastNode = nodes.get(nodeName(arch.nodes.length))!;
  return { output, next: style.recurrentInput === 'output' ? output : lastNode };
}

/** Equations (2) and (3); with `firstCarry` also (1 − c₁) ⊗ h_{t−1}. */
function firstNode(
  g: GraphBuilder,
  op: RecurrentOp,
  x: NodeId,
  last: NodeId,
  style: Style,
): NodeId {
  const read = dropped(g, last, 'node1/dropout', style.dropout.recurrent, style);
  const z = g.add([gates(g, x, 'node1/x', op, style), gates(g, read, 'node1/h', op, style)], {
    name: 'node1/sum',
  });
  const carry = style.firstCarry ? { carry: last } : {};
  return g.highway(z, { name: nodeName(1), activation: op, ...carry });
}

/** The pair of matrices of an edge: `node5/from2/c` and `…/h`, by function `node5/from2/tanh/c`. */
function gates(
  g: GraphBuilder,
  x: NodeId,
  edge: string,
  op: RecurrentOp,
  { hidden, initRange, weights }: Style,
): NodeId {
  const pair = g.path(weights === 'edge' ? edge : `${edge}/${op}`);
  return g.gates(x, {
    name: edge,
    out: hidden,
    c: `${pair}/c`,
    h: `${pair}/h`,
    init: uniform(initRange),
  });
}

function average(
  g: GraphBuilder,
  arch: RecurrentArch,
  nodes: ReadonlyMap<string, NodeId>,
  { output, batchNorm, statistics }: Style,
): NodeId {
  const averaged = output === 'all' ? [...nodes.keys()].slice(1) : looseEnds(arch);
  const mean = g.mean(
    averaged.map((name) => nodes.get(name)!),
    { name: 'mean' },
  );
  return batchNorm ? g.batchNorm(mean, { name: 'bn', statistics }) : mean;
}

/** Dropout, where there is any. */
export function dropped(
  g: GraphBuilder,
  x: NodeId,
  name: string,
  p: number,
  { variational }: Pick<Style, 'variational'>,
): NodeId {
  return p === 0 ? x : g.dropout(x, { name, p, variational });
}
