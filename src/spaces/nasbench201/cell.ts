import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type EdgeOp, edges } from './decisions.ts';
import { norConv } from './norConv.ts';
import type { Style } from './style.ts';

/**
 * One cell (Dong & Yang 2020, section 2.1): node 0 is its input, every later node the sum of its
 * edges' operators on earlier nodes, node 3 its output. `none` adds nothing; a node that nothing
 * leads to is the empty sum.
 *
 * @param ops in the order of {@link edges}
 */
export function cell(g: GraphBuilder, ops: readonly EdgeOp[], x: NodeId, style: Style): NodeId {
  const nodes = [x];
  for (const to of [1, 2, 3]) {
    const sum = g.scope(`node${to}`, () => {
      const terms = edges.flatMap((edge, i) => {
        const op = ops[i]!;
        if (edge.to !== to || op === 'none') return [];
        return [g.scope(`from-node${edge.from}`, () => apply(g, op, nodes[edge.from]!, style))];
      });
      if (terms.length === 0) return g.zeros(x);
      return terms.length === 1 ? terms[0]! : g.add(terms);
    });
    nodes.push(sum);
  }
  return nodes.at(-1)!;
}

function apply(g: GraphBuilder, op: Exclude<EdgeOp, 'none'>, x: NodeId, style: Style): NodeId {
  const out = g.channels(x);
  switch (op) {
    case 'skip_connect':
      return x;
    case 'nor_conv_1x1':
      return g.scope(op, () => norConv(g, x, { out, kernel: 1 }, style));
    case 'nor_conv_3x3':
      return g.scope(op, () => norConv(g, x, { out, kernel: 3 }, style));
    case 'avg_pool_3x3':
      return g.avgPool(x, { name: op, kernel: 3 });
  }
}
