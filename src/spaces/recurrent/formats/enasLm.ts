import { refusal } from '../../refusal.ts';
import type { Format } from '../../space.ts';
import { laterNodes, type RecurrentArch, recurrentArch } from '../arch.ts';
import type { RecurrentOp } from '../decisions.ts';
import { earlierNodes, nodeName, nodeNumber } from '../nodes.ts';
import { Integers } from './integers.ts';

const name = 'enas_lm';

/** Functions by their numbers, which are not those of `authors-rnn`. */
const functions: readonly RecurrentOp[] = ['tanh', 'relu', 'sigmoid', 'identity'];

/**
 * The format of google-research's enas_lm: for each node but the first the index of the one it reads
 * and its function. Node 0 is the one that reads the input, always with tanh: our node 1. Functions:
 * 0 tanh, 1 ReLU, 2 sigmoid, 3 identity.
 */
export function enasLm(nodes: number): Format<RecurrentArch> {
  return {
    name,
    description:
      'integers of enas_lm: input and function of each node after the input node, a tanh',
    parse(text) {
      const rule = `input and function of ${nodes - 1} nodes; the tanh that reads the input is not written`;
      const integers = new Integers(
        name,
        text,
        { count: 2 * (nodes - 1), rule },
        (count) => count / 2 + 1,
      );
      const later = Array.from({ length: nodes - 1 }, (_, i) => {
        const node = nodeName(i + 2);
        const from = integers.next(earlierNodes(i + 2), `node that ${node} reads`);
        return { from, op: integers.next(functions, `function of ${node}`) };
      });
      return recurrentArch('tanh', later);
    },
    print(arch) {
      const { op } = arch.nodes[0];
      if (op !== 'tanh') {
        const reason = `cannot hold this cell: its node1 has ${op}`;
        throw refusal(
          name,
          `expected a cell whose node1 has tanh, which is not written; ${reason}`,
        );
      }
      const pairs = laterNodes(arch).flatMap(({ from, op }) => [
        nodeNumber(from) - 1,
        functions.indexOf(op),
      ]);
      return `${pairs.join(' ')}\n`;
    },
  };
}
