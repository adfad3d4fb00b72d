import type { Graph } from '../../../src/graph/graph.ts';
import { fused } from '../../../src/graph/passes/fused.ts';
import { Streams } from '../../../src/random/streams.ts';
import type { Choices, Decision, Space } from '../../../src/spaces/space.ts';
import * as torch from '../../../src/torch/index.ts';
import { task } from '../smallNetworks.ts';

/** Architecture `index` of an endless sequence, drawn without a controller. */
export function drawnArch(space: Space, index: number): unknown {
  const draw = new Streams(5).draw('arch', index);
  const choose = (decision: Decision) =>
    decision.kind === 'skips'
      ? decision.among.map(() => Number(draw.uniform() < 0.5))
      : Math.floor(
          draw.uniform() *
            (decision.kind === 'op' ? decision.options.length : decision.among.length),
        );
  return space.decode(space.decisions.map(choose) as Choices);
}

/** The fused networks of the first architectures. */
export const fusedGraphs = (space: Space, kind: 'child' | 'fixed', count: number): Graph[] =>
  Array.from({ length: count }, (_, i) => fused(space[kind](drawnArch(space, i), task)));

/** Every parameter (a leaf with a gradient of zeros) and running statistic of some graphs, in float64. */
export function parametersOf(graphs: readonly Graph[]): Map<string, torch.Tensor> {
  const streams = new Streams(3);
  const double = { dtype: 'float64' } as const;
  const named = new Map<string, torch.Tensor>();
  for (const { name, shape } of graphs.flatMap(({ parameters }) => parameters)) {
    if (named.has(name)) continue;
    const value = torch.uniform(shape, {
      low: -0.5,
      high: 0.5,
      seed: streams.key(name),
      ...double,
    });
    named.set(name, value.requiresGrad_());
    value.grad = torch.zeros(shape, double);
  }
  for (const { name, shape, value } of graphs.flatMap(({ buffers }) => buffers)) {
    if (!named.has(name)) named.set(name, torch.full(shape, value, double));
  }
  return named;
}
