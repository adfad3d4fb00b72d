import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import { execute } from '../../../src/graph/execute.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { flattenAdds } from '../../../src/graph/passes/flattenAdds.ts';
import { fuseBatchNorm } from '../../../src/graph/passes/fuseBatchNorm.ts';
import { fuseConcatConv } from '../../../src/graph/passes/fuseConcatConv.ts';
import { fused } from '../../../src/graph/passes/fused.ts';
import { fuseInputRelu } from '../../../src/graph/passes/fuseInputRelu.ts';
import { fuseSubsample } from '../../../src/graph/passes/fuseSubsample.ts';
import { shareNodes } from '../../../src/graph/passes/shareNodes.ts';
import { Streams } from '../../../src/random/streams.ts';
import { resolveConfig, spaceOf } from '../../../src/run/config.ts';
import * as torch from '../../../src/torch/index.ts';
import { architecturesOf } from '../../spaces/architectures.ts';
import { networks, spaceNamed, task } from '../smallNetworks.ts';

const passes = {
  ...{ shareNodes, fuseBatchNorm, flattenAdds, fuseSubsample },
  ...{ fuseConcatConv, fuseInputRelu, fused },
};

describe.each(networks)('a $kind network of the $name space', ({ name, kind }) => {
  const space = spaceNamed(name);

  it.each(Object.keys(passes) as (keyof typeof passes)[])(
    'has the results, gradients and running statistics that it has without %s',
    (pass) => {
      fc.assert(
        fc.property(architecturesOf(space), (arch) => {
          const graph = space[kind](arch, task);
          const [plain, passed] = [run(graph), run(passes[pass](graph))];
          expect(Object.keys(passed)).toEqual(Object.keys(plain));
          for (const [what, value] of Object.entries(plain)) {
            expect(apart(value, passed[what]!), what).toBeLessThan(1e-10);
          }
        }),
        { numRuns: 5 },
      );
    },
    120_000,
  );
});

/** Outputs, all gradients, and the buffers after one training pass, in float64. */
function run(graph: Graph): Record<string, Float64Array> {
  return torch.scope(() => {
    const streams = new Streams(3);
    const double = { dtype: 'float64' } as const;
    const named = new Map<string, torch.Tensor>();
    for (const { name, shape } of graph.parameters) {
      const draw = torch.randn(shape, { ...double, seed: streams.key(name, 0) }).mul(0.3);
      named.set(name, draw.requiresGrad_());
    }
    for (const { name, shape, value } of graph.buffers) {
      named.set(name, torch.full(shape, value, double));
    }
    const x = torch.randn([3, 3, 8, 8], { ...double, seed: 9 });
    const outputs = execute(graph, x, {
      lookup: (name) => named.get(name)!,
      training: true,
      seed: (node) => streams.key(node, 1),
    });
    const weight = torch.randn([4], { ...double, seed: 11 });
    const losses = Object.values(outputs).map((output) => output.mul(weight).sum());
    torch.stack(losses).sum().backward();
    return Object.fromEntries(
      [...Object.entries(outputs), ...gradients(graph, named), ...buffers(graph, named)].map(
        ([name, tensor]) => [name, tensor.detach().contiguous().toTypedArray() as Float64Array],
      ),
    );
  });
}

const gradients = ({ parameters }: Graph, named: ReadonlyMap<string, torch.Tensor>) =>
  parameters.flatMap(({ name }) => {
    const { grad } = named.get(name)!;
    return grad === null ? [] : [[`gradient of ${name}`, grad] as const];
  });

const buffers = ({ buffers }: Graph, named: ReadonlyMap<string, torch.Tensor>) =>
  buffers.map(({ name }) => [name, named.get(name)!] as const);

/** The largest difference relative to the largest magnitude. */
function apart(a: Float64Array, b: Float64Array): number {
  const scale = a.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0) / scale;
}

describe('passes', () => {
  const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);
  const image = (g: GraphBuilder) => g.input([4, 6, 6], { name: 'x' });
  const bn = (g: GraphBuilder, x: number, name: string) =>
    g.batchNorm(x, { name, statistics: 'batch' });

  it('compute one ReLU for all that read it, and none of what is a ReLU already', () => {
    const g = new GraphBuilder();
    const x = image(g);
    const [a, b, c] = [g.relu(x), g.relu(x), g.relu(g.relu(x))];
    const graph = g.build({ out: g.add([a, b, c]) });
    expect(ops(shareNodes(graph))).toEqual(['input', 'relu', 'add']);
  });

  it('draw as often as the network does', () => {
    const g = new GraphBuilder();
    const x = image(g);
    const drawn = ['one', 'two'].map((name) => g.dropout(x, { name, p: 0.5 }));
    expect(ops(shareNodes(g.build({ out: g.add(drawn) })))).toEqual([
      ...['input', 'dropout', 'dropout', 'add'],
    ]);
  });

  it('take an addition and a ReLU into the batch norm that only they read', () => {
    const g = new GraphBuilder();
    const x = image(g);
    const sum = g.add([bn(g, x, 'a'), bn(g, x, 'b')]);
    const { nodes } = fuseBatchNorm(g.build({ out: g.relu(sum) }));
    expect(nodes.map(({ op }) => op)).toEqual(['input', 'batchNorm', 'fusedBatchNorm']);
    expect(nodes[2]).toMatchObject({ name: 'b', inputs: [0, 1], attrs: { relu: true } });
  });

  it('leave a batch norm alone that something else reads too', () => {
    const g = new GraphBuilder();
    const y = bn(g, image(g), 'a');
    const graph = g.build({ out: g.add([g.relu(y), y]) });
    expect(ops(fuseBatchNorm(graph))).toEqual(ops(graph));
    const given = new GraphBuilder();
    const z = bn(given, image(given), 'a');
    const both = given.build({ z, out: given.relu(z) });
    expect(ops(fuseBatchNorm(both))).toEqual(ops(both));
  });

  it('add in one what additions that only one another read add, in the same order', () => {
    const flattened = (make: (g: GraphBuilder, terms: number[]) => Record<string, number>) => {
      const g = new GraphBuilder();
      const x = image(g);
      const terms = [1, 2, 3, 4].map((i) => g.dropout(x, { name: `${i}`, p: 0.5 }));
      return flattenAdds(g.build(make(g, terms)))
        .nodes.filter(({ op }) => op === 'add')
        .map(({ inputs }) => inputs);
    };
    expect(
      flattened((g, [a, b, c, d]) => ({ out: g.add([d!, g.add([g.add([a!, b!]), c!])]) })),
    ).toEqual([[1, 2, 3, 4]]);
    // Another order of adding, a sum that something else reads, and one that is added to itself.
    expect(flattened((g, [a, b, c, d]) => ({ out: g.add([a!, d!, g.add([b!, c!])]) }))).toEqual([
      [2, 3],
      [1, 4, 5],
    ]);
    expect(
      flattened((g, [a, b, c]) => {
        const sum = g.add([a!, b!]);
        return { sum, out: g.add([sum, c!]) };
      }),
    ).toHaveLength(2);
    expect(
      flattened((g, [a, b]) => {
        const sum = g.add([a!, b!]);
        return { out: g.add([sum, sum]) };
      }),
    ).toHaveLength(2);
  });

  it('take a ReLU into depthwise and 1×1 convolutions, if all that read it are such', () => {
    const g = new GraphBuilder();
    const y = g.relu(image(g));
    const depthwise = g.conv2d(y, { name: 'depthwise', out: 4, kernel: 3, groups: 4 });
    const pointwise = g.conv2d(y, { name: 'pointwise', out: 4, kernel: 1 });
    const out = g.add([depthwise, pointwise]);
    expect(ops(fuseInputRelu(g.build({ out })))).toEqual([
      ...['input', 'reluConv2d', 'reluConv2d', 'add'],
    ]);
    const dense = g.conv2d(y, { name: 'dense', out: 4, kernel: 3 });
    const graph = g.build({ out: g.add([out, dense]) });
    expect(ops(fuseInputRelu(graph))).toEqual(ops(graph));
  });

  it('take the two halves of a factorised reduction together, and the ReLU before it', () => {
    const halves = (g: GraphBuilder, x: number, first = x) =>
      ([0, 1] as const).map((offset) => {
        const pixels = g.subsample(offset === 0 ? first : x, { offset });
        return g.conv2d(pixels, { name: `half${offset}`, out: 2 + offset, kernel: 1 });
      });
    const g = new GraphBuilder();
    const graph = g.build({ out: g.concat(halves(g, g.relu(image(g)))) });
    const { nodes } = fuseInputRelu(fuseSubsample(graph));
    expect(nodes.map(({ op }) => op)).toEqual(['input', 'subsampleConv']);
    expect(nodes[1]).toMatchObject({
      params: ['half0/weight', 'half1/weight'],
      attrs: { even: 2, odd: 3, relu: true },
    });

    const others: ((g: GraphBuilder) => Record<string, number>)[] = [
      // The odd pixels first, pixels of two values, and a half that something else reads.
      (g) => ({ out: g.concat(halves(g, image(g)).reverse()) }),
      (g) => {
        const x = image(g);
        return { out: g.concat(halves(g, x, g.maxPool(x, { kernel: 3 }))) };
      },
      (g) => {
        const [even, odd] = halves(g, image(g));
        return { out: g.concat([even!, odd!]), even: even! };
      },
    ];
    for (const make of others) {
      const builder = new GraphBuilder();
      const other = builder.build(make(builder));
      expect(ops(fuseSubsample(other))).toEqual(ops(other));
    }
  });

  it('change neither the graph they are given nor what it owns', () => {
    const space = spaceOf(resolveConfig({ space: 'micro' }));
    const choices = space.decisions.map((decision) => (decision.kind === 'skips' ? [] : 0));
    const graph = space.child(space.decode(choices), task);
    const before = JSON.stringify(graph);
    const after = fused(graph);
    expect(JSON.stringify(graph)).toBe(before);
    expect(after.parameters).toBe(graph.parameters);
    expect(fused(graph)).toBe(after);
  });
});
