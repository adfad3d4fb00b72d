import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { he } from '../../graph/init.ts';
import { factorisedReduction } from '../images/factorisedReduction.ts';
import type { Block } from './arch.ts';
import { type CellInputs, calibrate } from './calibrate.ts';
import { type MicroOp, sides } from './decisions.ts';
import { looseEnds } from './looseEnds.ts';
import { blockName, cellInputs, isCellInput, nodeNames } from './nodes.ts';
import { operator } from './operators.ts';
import type { Style } from './style.ts';

/** A cell's place in its network. */
export interface CellPlace {
  /** From 0, reduction cells counted in. */
  readonly index: number;
  readonly reduces: boolean;
  /** Channels of its nodes. */
  readonly channels: number;
}

/**
 * A cell (Pham et al. 2018, section 2.4): each block adds two operators' results on earlier nodes, and
 * the nodes that no block read are concatenated. In a reduction cell the operators on the two inputs
 * have stride 2.
 */
export function cell(
  g: GraphBuilder,
  blocks: readonly Block[],
  inputs: CellInputs,
  place: CellPlace,
  style: Style,
): NodeId {
  const calibrated = calibrate(g, inputs, place.channels, style);
  const nodes = new Map<string, NodeId>(cellInputs.map((name, i) => [name, calibrated[i]!]));
  g.part('ops', () => {
    blocks.forEach((block, b) => {
      const name = blockName(b);
      nodes.set(
        name,
        g.scope(name, () => blockOf(g, block, nodes, place, style)),
      );
    });
  });
  return g.part('combine', () => g.scope('combine', () => combine(g, blocks, nodes, place, style)));
}

function blockOf(
  g: GraphBuilder,
  { inputs, ops }: Block,
  nodes: ReadonlyMap<string, NodeId>,
  place: CellPlace,
  style: Style,
): NodeId {
  const results = sides.map((side, s) =>
    g.scope(`${side}/from-${inputs[s]}`, () => {
      const stride = place.reduces && isCellInput(inputs[s]!) ? 2 : 1;
      const { statistics } = style;
      const result = operator(g, ops[s]!, nodes.get(inputs[s]!)!, { stride, statistics });
      return dropPath(g, result, ops[s]!, style.dropPath(place.index));
    }),
  );
  return g.add(results);
}

/** Identities are never dropped, so that something always gets through. */
function dropPath(g: GraphBuilder, x: NodeId, op: MicroOp, p: number): NodeId {
  return op === 'identity' || p === 0 ? x : g.dropPath(x, { p });
}

/**
 * The cell's output. Projected (in a search) it is ReLU – conv 1×1 – batch norm of the loose ends'
 * concatenation, with one weight for each node, so that a set of loose ends selects slices of the
 * weight over all nodes.
 */
function combine(
  g: GraphBuilder,
  blocks: readonly Block[],
  nodes: ReadonlyMap<string, NodeId>,
  { reduces, channels }: CellPlace,
  { project, statistics }: Style,
): NodeId {
  const names = looseEnds(blocks);
  const ends = names.map((name) => {
    const node = nodes.get(name)!;
    if (!reduces || !isCellInput(name)) return node;
    return g.scope(name, () => factorisedReduction(g, node, { out: channels, statistics }));
  });
  if (!project) return g.concat(ends);
  const projected = g.concatConv(
    ends.map((end) => g.relu(end)),
    {
      name: 'conv',
      out: channels,
      weights: names.map((name) => g.path(`from-${name}`)),
      init: he(channels * nodeNames(blocks.length).length),
    },
  );
  return g.batchNorm(projected, { name: 'bn', statistics });
}
