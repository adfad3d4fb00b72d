import { GraphBuilder } from '../../src/graph/builder.ts';
import type { ExecuteOptions } from '../../src/graph/execute.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';

export const batch = 3;

/** A graph with the input `x` and the output `y`. */
export function build(
  shape: readonly number[],
  make: (g: GraphBuilder, x: NodeId) => NodeId,
): Graph {
  const g = new GraphBuilder();
  return g.build({ y: make(g, g.input(shape, { name: 'x' })) });
}

/** Parameters and buffers of a graph, drawn at random, as leaves in float64. */
export function dictionary({ parameters, buffers }: Graph): Map<string, Tensor> {
  const draw = (name: string, shape: readonly number[], seed: number) =>
    [name, torch.uniform(shape, { low: 0.5, high: 1.5, seed, dtype: 'float64' })] as const;
  const trained = parameters.map(({ name, shape }, i) => draw(name, shape, i));
  for (const [, tensor] of trained) tensor.requiresGrad_();
  return new Map([...trained, ...buffers.map(({ name, shape }, i) => draw(name, shape, 90 + i))]);
}

/** A batch for a graph: tokens where its input is one, numbers otherwise. */
export function inputOf({ nodes }: Graph, seed = 11): Tensor {
  const embedding = nodes.find(({ op }) => op === 'embedding');
  return embedding === undefined
    ? torch.randn([batch, ...nodes[0]!.shape], { seed, dtype: 'float64' })
    : torch.randint(0, embedding.attrs.vocabulary as number, [batch], { seed });
}

export const optionsFor = (
  parameters: ReadonlyMap<string, Tensor>,
  changes: Partial<ExecuteOptions> = {},
): ExecuteOptions => ({
  lookup: (name) => parameters.get(name)!,
  training: true,
  seed: () => 7,
  ...changes,
});
