import type { Format } from '../../space.ts';
import { laterNodes, type RecurrentArch, recurrentArch } from '../arch.ts';
import { type FirstNode, firstOps, recurrentOps } from '../decisions.ts';
import { earlierNodes, nodeName, nodeNumber } from '../nodes.ts';
import { Integers } from './integers.ts';

const name = 'authors-rnn';

/**
 * The authors' format: whitespace between integers; the function of node 1, then for each later node
 * the index of the one it reads, from 0, and its function. Functions: 0 tanh, 1 ReLU, 2 identity,
 * 3 sigmoid.
 */
export function authorsRnn(nodes: number, firstNode: FirstNode): Format<RecurrentArch> {
  return {
    name,
    description:
      "the authors' integers: function of node 1, then input and function of each later node",
    parse(text) {
      const rule = `a function, then input and function of ${nodes - 1} nodes`;
      const integers = new Integers(
        name,
        text,
        { count: 2 * nodes - 1, rule },
        (count) => (count + 1) / 2,
      );
      const first = integers.next(firstOps(firstNode), 'function of node1');
      const later = Array.from({ length: nodes - 1 }, (_, i) => {
        const node = nodeName(i + 2);
        const from = integers.next(earlierNodes(i + 2), `node that ${node} reads`);
        return { from, op: integers.next(recurrentOps, `function of ${node}`) };
      });
      return recurrentArch(first, later);
    },
    print(arch) {
      const pairs = laterNodes(arch).flatMap(({ from, op }) => [
        nodeNumber(from) - 1,
        recurrentOps.indexOf(op),
      ]);
      return `${[recurrentOps.indexOf(arch.nodes[0].op), ...pairs].join(' ')}\n`;
    },
  };
}
