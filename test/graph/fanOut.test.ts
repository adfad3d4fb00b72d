import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { execute } from '../../src/graph/execute.ts';
import { fanOuts } from '../../src/graph/fanOut.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { liveNodes } from '../../src/graph/live.ts';
import { fused } from '../../src/graph/passes/fused.ts';
import { Streams } from '../../src/random/streams.ts';
import * as torch from '../../src/torch/index.ts';

/** The nodes that fan out, each with the weights that it is read by. */
function named(make: (g: GraphBuilder, x: NodeId) => Record<string, NodeId>): unknown {
  const g = new GraphBuilder();
  const input = g.input([3, 4, 4], { name: 'input' });
  const graph = fused(g.build(make(g, g.conv2d(input, { name: 'x', out: 4, kernel: 3 }))));
  const names = [...fanOuts(graph, liveNodes(graph))].map(
    ([id, weights]) => [graph.nodes[id]!.name, weights.toSorted()] as const,
  );
  return Object.fromEntries(names);
}
const conv = (g: GraphBuilder, x: NodeId, name: string, kernel = 1) =>
  g.conv2d(x, { name, out: 5, kernel });

describe('a value fans out', () => {
  it('where several read it, one of them a 1×1 convolution', () => {
    const [a, b] = ['a/weight', 'b/weight'];
    expect(named((g, x) => ({ a: conv(g, x, 'a'), b: conv(g, x, 'b') }))).toEqual({ x: [a, b] });
    expect(named((g, x) => ({ a: conv(g, x, 'a'), b: conv(g, x, 'b', 3) }))).toEqual({ x: [a] });
    expect(named((g, x) => ({ a: g.concatConv([x, x], { name: 'a', out: 2 }) }))).toEqual({
      x: ['a/weight0', 'a/weight1'],
    });
    const rectified = named((g, x) => {
      const y = g.relu(x);
      return { a: conv(g, y, 'a'), b: conv(g, y, 'b') };
    });
    expect(rectified).toEqual({ x: [a, b] });
  });

  it('without its weight where one stands for several values', () => {
    const graph = named((g, x) => {
      const other = conv(g, x, 'other', 3);
      return { a: conv(g, g.concat([x, other]), 'a'), b: conv(g, x, 'b') };
    });
    expect(graph).toEqual({ x: ['b/weight'] });
  });

  it('and not where one reads it, or no 1×1 convolution does', () => {
    expect(named((g, x) => ({ a: conv(g, x, 'a') }))).toEqual({});
    expect(named((g, x) => ({ a: conv(g, x, 'a', 3), b: g.relu(x) }))).toEqual({});
    // What only an output that nobody asked for would read.
    const g = new GraphBuilder();
    const x = conv(g, g.input([3, 4, 4], { name: 'input' }), 'x', 3);
    const graph = g.build({ a: conv(g, x, 'a'), b: conv(g, x, 'b') });
    expect([...fanOuts(graph, liveNodes(graph, ['a']))]).toEqual([]);
  });
});

/** Layers of any earlier layers, as of the macro space, with batch norms, ReLUs and pools among them. */
function layered(choices: readonly (readonly number[])[]): Graph {
  const g = new GraphBuilder();
  const layers = [conv(g, g.input([3, 6, 6], { name: 'input' }), 'stem', 3)];
  for (const [i, picks] of choices.entries()) {
    const read = picks.map((pick) => layers[pick % layers.length]!);
    const merged = g.concatConv(read, { name: `merge${i}`, out: 5 });
    const rectified = g.relu(g.batchNorm(merged, { name: `bn${i}`, statistics: 'batch' }));
    layers.push(i % 2 === 0 ? rectified : g.avgPool(conv(g, merged, `conv${i}`), { kernel: 3 }));
  }
  return g.build({ y: layers.at(-1)!, pooled: g.globalAvgPool(layers.at(-1)!) });
}

function gradients(graph: Graph, dtype: 'float32' | 'float64'): Map<string, torch.Tensor> {
  const streams = new Streams(5);
  const draw = (name: string, shape: readonly number[]) =>
    torch.randn(shape, { dtype: 'float64', seed: streams.key(name, 0) }).to({ dtype });
  const leaves = new Map(
    graph.parameters.map(({ name, shape }) => [name, draw(name, shape).requiresGrad_()]),
  );
  const x = draw('x', [3, 3, 6, 6]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_();
  const { y } = execute(graph, x, { lookup: (name) => leaves.get(name)!, training: true });
  y!.mul(draw('y', y!.shape)).sum().backward();
  return new Map(
    [['x', x] as const, ...leaves].flatMap(([name, { grad }]) => (grad ? [[name, grad]] : [])),
  );
}

it('the gradients of a network of layers of earlier layers are those of float64', () => {
  const picks = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(picks, { minLength: 2, maxLength: 6 }), (choices) => {
      torch.scope(() => {
        const graph = fused(layered(choices));
        const exact = gradients(graph, 'float64');
        const got = gradients(graph, 'float32');
        expect([...got.keys()]).toEqual([...exact.keys()]);
        const largest = Math.max(...[...exact.values()].map((t) => t.abs().max().item()));
        for (const [name, gradient] of got) {
          const off = gradient.to({ dtype: 'float64' }).sub(exact.get(name)!).abs().max().item();
          expect(off / largest, name).toBeLessThan(1e-4);
        }
      });
    }),
    // Of other layers a sum may be so near zero that its ReLU differs in float32.
    { numRuns: 30, seed: 1 },
  );
});
