import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import type { Activation } from '../../src/graph/vocabulary/recurrent.ts';

export interface LoopStyle {
  readonly activation?: Activation;
  readonly carry?: boolean;
  /** A batch norm inside the recurrence. */
  readonly norm?: 'batch' | 'running';
  readonly dropout?: 'variational' | 'each step';
  /** The state is the mean, so that everything is inside the recurrence. */
  readonly output?: boolean;
  readonly relu?: boolean;
  readonly size?: number;
}

/** A layer with one recurrence over all of its nodes, in one style or another. */
export function loop({
  activation = 'tanh',
  carry = true,
  norm,
  dropout,
  output = false,
  relu = false,
  size = 5,
}: LoopStyle = {}): Graph {
  const g = new GraphBuilder();
  const x = g.input([size + 1], { name: 'x' });
  const last = g.state([size], { name: 'h' });
  const variational = dropout === 'variational';
  const drop = (id: NodeId, name: string) =>
    dropout === undefined ? id : g.dropout(id, { name, p: 0.4, variational });
  const fromX = g.gates(x, { name: 'fromX', out: size });
  const fromH = g.gates(drop(last, 'dropH'), { name: 'fromH', out: size });
  const first = g.highway(g.add([fromX, fromH]), {
    activation,
    ...(carry ? { carry: last } : {}),
  });
  const gates = g.gates(drop(first, 'dropFirst'), { name: 'second', out: size });
  const second = g.highway(gates, { activation: 'tanh', carry: first });
  const third = g.highway(g.gates(first, { name: 'third', out: size }), {
    activation,
    ...(carry ? { carry: first } : {}),
  });
  let mean = g.mean([second, third]);
  if (norm !== undefined) mean = g.batchNorm(mean, { name: 'bn', statistics: norm });
  if (relu) mean = g.relu(mean);
  return g.build({ y: mean, second }, { states: { h: output ? mean : second } });
}
