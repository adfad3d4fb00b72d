import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph, NodeId } from '../../graph/graph.ts';
import { uniform } from '../../graph/init.ts';
import type { TextTask } from '../space.ts';
import type { RecurrentArch } from './arch.ts';
import { cell, dropped } from './cell.ts';
import type { Style } from './style.ts';

/** Name of the embedding's weights, which a tied softmax has too. */
const embedding = 'embedding';

/**
 * One time step of a language model (Pham et al. 2018, section 3.1): embedding, layers of the cell,
 * softmax. States: `layer0`… Outputs: `logits` [V], and `hidden` [H], what the last layer gives after
 * its dropout, which activation regularisation reads.
 */
export function network(arch: RecurrentArch, task: TextTask, style: Style): Graph {
  const g = new GraphBuilder();
  const { vocabulary } = task;
  const { hidden, layers, tied, dropout } = style;
  const init = uniform(style.initRange);
  const token = g.input([], { name: 'token' });
  const states: Record<string, NodeId> = {};

  let x = g.embedding(token, {
    name: embedding,
    weight: embedding,
    vocabulary,
    size: hidden,
    init,
  });
  for (let l = 0; l < layers; l++) {
    const layer = `layer${l}`;
    const last = g.state([hidden], { name: layer });
    x = g.scope(layer, () => {
      const read = dropped(g, x, 'dropout', dropout.input, style);
      const { output, next } = cell(g, arch, read, last, style);
      states[layer] = next;
      return output;
    });
  }
  const output = dropped(g, x, 'dropout', dropout.output, style);
  const weight = tied ? embedding : 'softmax';
  const logits = g.linear(output, { name: 'softmax', out: vocabulary, bias: false, weight, init });
  return g.build({ logits, hidden: output }, { states });
}
