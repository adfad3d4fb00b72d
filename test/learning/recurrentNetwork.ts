import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Network } from '../../src/learning/learner.ts';
import { ParameterDictionary } from '../../src/learning/parameters.ts';
import { Streams } from '../../src/random/streams.ts';

export const hidden = 5;

export interface CellOptions {
  /** Between the state and the softmax: batch norm with these statistics. */
  readonly batchNorm?: 'batch' | 'running';
  /** Of the hidden output, in training. */
  readonly dropout?: number;
}

/** One time step of h' = σ(Wc·[x, h]) ⊗ tanh(Wh·[x, h]), logits = W·h' + b. */
export function cell(vocabulary: number, { batchNorm, dropout = 0 }: CellOptions = {}): Graph {
  const g = new GraphBuilder();
  const x = g.embedding(g.input([]), { name: 'embedding', vocabulary, size: hidden });
  const h = g.state([hidden], { name: 'h' });
  const z = g.gates(g.concat([x, h]), { name: 'gates', out: hidden });
  const next = g.highway(z, { activation: 'tanh' });
  const read =
    batchNorm === undefined ? next : g.batchNorm(next, { name: 'norm', statistics: batchNorm });
  const out = dropout === 0 ? read : g.dropout(read, { name: 'drop', p: dropout });
  const logits = g.linear(out, { name: 'head', out: vocabulary });
  return g.build({ logits, hidden: out }, { states: { h: next } });
}

export function networkOf(graph: Graph, seed = 1): Network & { parameters: ParameterDictionary } {
  const parameters = new ParameterDictionary(graph, {
    device: 'cpu',
    streams: new Streams(seed),
    stream: 'init',
    momentum: false,
  });
  return { graph, lookup: parameters.lookup, dtype: 'float32', parameters };
}
