import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { factorisedReduction } from '../images/factorisedReduction.ts';
import type { Style } from './style.ts';

/** The outputs of the cell before last and of the last cell. */
export type CellInputs = readonly [before: NodeId, last: NodeId];

/**
 * Both inputs of a cell at the size of the last cell's output and with the cell's own channels: a
 * factorised reduction where the size differs, conv 1×1 where only the channels do, each after a ReLU;
 * what fits is left as it is. A fixed network has one more conv 1×1 on the last cell's output.
 */
export function calibrate(
  g: GraphBuilder,
  [before, last]: CellInputs,
  out: number,
  { base, statistics }: Style,
): CellInputs {
  const project = (name: string, x: NodeId) =>
    g.scope(name, () => {
      const projected = g.conv2d(g.relu(x), { name: 'conv', out, kernel: 1 });
      return g.batchNorm(projected, { name: 'bn', statistics });
    });
  const reduce = (name: string, x: NodeId) =>
    g.scope(name, () => factorisedReduction(g, g.relu(x), { out, statistics }));
  const fitted = (name: string, x: NodeId) => (g.channels(x) === out ? x : project(name, x));

  return g.part('calibration', () => {
    const input0 = sameSize(g, before, last) ? fitted('input0', before) : reduce('input0', before);
    const input1 = fitted('input1', last);
    return [input0, base ? project('base', input1) : input1];
  });
}

function sameSize(g: GraphBuilder, x: NodeId, y: NodeId): boolean {
  const [, ...size] = g.shape(x);
  return g
    .shape(y)
    .slice(1)
    .every((side, axis) => side === size[axis]);
}
