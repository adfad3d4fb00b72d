import { describe, expect, it } from 'vitest';
import { execute } from '../../src/graph/execute.ts';
import { vocabulary } from '../../src/graph/vocabulary.ts';
import * as torch from '../../src/torch/index.ts';
import { graphs } from './operatorGraphs.ts';
import { batch, dictionary, inputOf, optionsFor } from './running.ts';

const each = Object.entries(graphs).flatMap(([op, cases]) =>
  cases.map(([label, graph]) => [op, label, graph] as const),
);

it('every operator of the vocabulary is here', () => {
  expect(Object.keys(graphs).sort()).toEqual(
    [...Object.keys(vocabulary)].filter((op) => op !== 'state').sort(),
  );
});

describe.each(each)('%s %s', (op, _, graph) => {
  it('gives the shape that the graph says', () => {
    torch.scope(() => {
      const { y } = execute(graph, inputOf(graph), optionsFor(dictionary(graph)));
      expect(y!.shape).toEqual([batch, ...graph.nodes[graph.outputs.y!]!.shape]);
    });
  });

  it.each([true, false])(
    'has gradients that finite differences confirm, training %s',
    (training) => {
      torch.scope(() => {
        const parameters = dictionary(graph);
        const x = inputOf(graph);
        if (x.dtype === 'float64') x.requiresGrad_();
        const statistics = [...parameters].filter(([, tensor]) => !tensor.requiresGrad);
        const loss = () => {
          // Running statistics move with every training step; a difference is of one and the same step.
          const copies = new Map(statistics.map(([name, tensor]) => [name, tensor.clone()]));
          const lookup = (name: string) => copies.get(name) ?? parameters.get(name)!;
          const { y } = execute(graph, x, optionsFor(parameters, { lookup, training }));
          const weights = torch.randn(y!.shape, { seed: 5, dtype: 'float64' });
          return y!.mul(weights).sum();
        };
        loss().backward();
        const step = 1e-6;
        for (const [name, tensor] of [['x', x] as const, ...parameters]) {
          if (!tensor.requiresGrad) continue;
          const gradient = (tensor.grad ?? torch.zerosLike(tensor)).reshape([-1]);
          const flat = tensor.detach().view([-1]);
          for (let i = 0; i < flat.numel(); i++) {
            const at = (by: number) =>
              torch.scope(() => {
                flat.select(0, i).add_(by);
                const value = torch.noGrad(loss).item();
                flat.select(0, i).sub_(by);
                return value;
              });
            const difference = (at(step) - at(-step)) / (2 * step);
            const label = `${op}: by ${name}[${i}]`;
            expect(gradient.select(0, i).item(), label).toBeCloseTo(difference, 6);
          }
        }
      });
    },
  );
});
