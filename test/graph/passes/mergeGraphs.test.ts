import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import { execute } from '../../../src/graph/execute.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { fused } from '../../../src/graph/passes/fused.ts';
import { mergeGraphs } from '../../../src/graph/passes/mergeGraphs.ts';
import { Streams } from '../../../src/random/streams.ts';
import { resolveConfig, spaceOf } from '../../../src/run/config.ts';
import type { Choices, Decision } from '../../../src/spaces/space.ts';
import * as torch from '../../../src/torch/index.ts';
import { twoLayers } from '../twoLayers.ts';

const task = { kind: 'images', channels: 3, height: 8, width: 8, classes: 4 } as const;

/** Choices that differ from the first options from decision `from` on. */
const choicesOf = (decisions: readonly Decision[], from: number): Choices =>
  decisions.map((decision, i) => {
    const other = i < from ? 0 : 1;
    return decision.kind === 'skips' ? decision.among.map(() => other) : other;
  });

describe.each(['macro', 'micro', 'nasbench201'])('networks of the %s space, merged', (name) => {
  const options = name === 'nasbench201' ? { cells: 1 } : { filters: 4, layers: 3 };
  const space = spaceOf(resolveConfig({ space: name, config: { space: { options } } }));
  const graphs = [0, 2, 4, space.decisions.length].map((from) =>
    space.child(space.decode(choicesOf(space.decisions, from)), task),
  );

  it('give each what it gives by itself, fused or not', () => {
    torch.scope(() => {
      const streams = new Streams(3);
      const double = { dtype: 'float64' } as const;
      const shapes = new Map(
        graphs.flatMap(({ parameters }) => parameters).map(({ name, shape }) => [name, shape]),
      );
      const tensors = new Map(
        [...shapes].map(([name, shape]) => [
          name,
          torch.randn(shape, { ...double, seed: streams.key(name, 0) }),
        ]),
      );
      const lookup = (name: string) => tensors.get(name)!;
      const x = torch.randn([3, 3, 8, 8], { ...double, seed: 9 });
      const run = (graph: Graph) => execute(graph, x, { lookup, training: false });
      const merged = mergeGraphs(graphs, ['logits']);
      for (const outputs of [run(merged), run(fused(merged))]) {
        expect(Object.keys(outputs)).toEqual(graphs.map((_, i) => `${i}/logits`));
        for (const [i, graph] of graphs.entries()) {
          const [alone, together] = [run(graph).logits!, outputs[`${i}/logits`]!];
          const scale = Math.max(1, alone.abs().max().item());
          expect(alone.sub(together).abs().max().item() / scale).toBeLessThan(1e-10);
        }
      }
    });
  });

  it('own what any of them owns, and compute what is common once', () => {
    const merged = mergeGraphs(graphs, ['logits']);
    const owned = new Set(graphs.flatMap(({ parameters }) => parameters.map(({ name }) => name)));
    expect(new Set(merged.parameters.map(({ name }) => name))).toEqual(owned);
    expect(merged.parameters).toHaveLength(owned.size);
    const apart = graphs.reduce((sum, { nodes }) => sum + nodes.length, 0);
    expect(merged.nodes.length).toBeLessThan(apart);
    expect(mergeGraphs([graphs[0]!, graphs[0]!], ['logits']).nodes).toHaveLength(
      mergeGraphs([graphs[0]!], ['logits']).nodes.length,
    );
  });
});

describe('merging', () => {
  it('keeps apart what differs in operator, attributes, parameters or inputs', () => {
    const of = (kernel: number, weight: string, relu: boolean) => {
      const g = new GraphBuilder();
      const x = g.input([2, 4, 4], { name: 'x' });
      const y = g.conv2d(relu ? g.relu(x) : x, { name: 'y', out: 2, kernel, weight });
      return g.build({ y });
    };
    const convolutions = (graphs: Graph[]) =>
      mergeGraphs(graphs, ['y']).nodes.filter(({ op }) => op === 'conv2d').length;
    expect(convolutions([of(1, 'w', false), of(1, 'w', false)])).toBe(1);
    expect(convolutions([of(1, 'w', false), of(1, 'v', false)])).toBe(2);
    expect(convolutions([of(1, 'w', false), of(1, 'w', true)])).toBe(2);
    expect(convolutions([of(1, 'w', false), of(3, 'w', false)])).toBe(2);
  });

  it('refuses a recurrent network, and an output that there is none of', () => {
    expect(() => mergeGraphs([twoLayers()], ['logits'])).toThrow(/graphs without states/);
    const g = new GraphBuilder();
    const graph = g.build({ y: g.input([2], { name: 'x' }) });
    expect(() => mergeGraphs([graph], ['z'])).toThrow(/graph output/);
  });
});
