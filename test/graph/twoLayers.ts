import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { functional as F } from '../../src/torch/index.ts';

export const [tokens, size] = [5, 3];

/** Two recurrent layers with a node off the recurrence, after an embedding and before its transpose. */
export function twoLayers(dropout = 0, variational = true): Graph {
  const g = new GraphBuilder();
  const drop = (x: NodeId, name: string) =>
    dropout === 0 ? x : g.dropout(x, { name, p: dropout, variational });
  const token = g.input([], { name: 'token' });
  const embedded = g.embedding(token, { name: 'embedding', vocabulary: tokens, size });
  const states: Record<string, NodeId> = {};
  const layer = (x: NodeId, name: string) =>
    g.scope(name, () => {
      const last = g.state([size], { name: 'h' });
      const fromX = g.gates(x, { name: 'x', out: size });
      const fromH = g.gates(drop(last, 'dropH'), { name: 'again', out: size });
      const first = g.highway(g.add([fromX, fromH]), { activation: 'tanh' });
      const gates = g.gates(first, { name: 'second', out: size });
      const second = g.highway(gates, { activation: 'sigmoid', carry: first });
      const loose = g.highway(g.gates(first, { name: 'loose', out: size }), {
        activation: 'identity',
        carry: first,
      });
      states[`${name}/h`] = second;
      return g.mean([second, loose]);
    });
  const hidden = drop(layer(layer(embedded, 'one'), 'two'), 'dropOut');
  const weight = 'embedding/weight';
  const logits = g.linear(hidden, { name: 'softmax', out: tokens, bias: false, weight });
  return g.build({ logits, hidden }, { states });
}

/** The same, step by step and written out, with the masks of its dropout if it has any. */
export function writtenOut(
  input: Tensor,
  states: Readonly<Record<string, Tensor>>,
  lookup: (name: string) => Tensor,
  mask: (name: string, step: number) => Tensor | undefined = () => undefined,
) {
  const h = { ...states };
  const dropped = (x: Tensor, name: string, step: number) => {
    const factor = mask(name, step);
    return factor === undefined ? x : x.mul(factor);
  };
  const unit = (z: Tensor[], f: (x: Tensor) => Tensor, carry?: Tensor) => {
    const c = z[0]!.sigmoid();
    const y = c.mul(f(z[1]!));
    return carry === undefined ? y : y.add(c.neg().add(1).mul(carry));
  };
  const maps = (x: Tensor, name: string) => [
    F.linear(x, lookup(`${name}/c`)),
    F.linear(x, lookup(`${name}/h`)),
  ];
  const hiddens: Tensor[] = [];
  for (let step = 0; step < input.shape[0]!; step++) {
    let x = F.embedding(lookup('embedding/weight'), input.select(0, step));
    for (const layer of ['one', 'two']) {
      const fromX = maps(x, `${layer}/x`);
      const fromH = maps(dropped(h[`${layer}/h`]!, `${layer}/dropH`, step), `${layer}/again`);
      const first = unit(
        fromX.map((z, i) => z.add(fromH[i]!)),
        (y) => y.tanh(),
      );
      const second = unit(maps(first, `${layer}/second`), (y) => y.sigmoid(), first);
      const loose = unit(maps(first, `${layer}/loose`), (y) => y, first);
      h[`${layer}/h`] = second;
      x = second.add(loose).div(2);
    }
    hiddens.push(dropped(x, 'dropOut', step));
  }
  const hidden = torch.stack(hiddens, 0);
  return { hidden, logits: F.linear(hidden, lookup('embedding/weight')), states: h };
}

export const zeroStates = (graph: Graph, examples: number, seed?: number) =>
  Object.fromEntries(
    graph.states.map(({ name, input }, i) => {
      const shape = [examples, ...graph.nodes[input]!.shape];
      const drawn = torch.randn(shape, { seed: (seed ?? 0) + i, dtype: 'float64' });
      return [name, seed === undefined ? torch.zeros(shape, { dtype: 'float64' }) : drawn];
    }),
  );

export const text = (steps: number, examples: number) =>
  torch.randint(0, tokens, [steps, examples], { seed: 3 });
