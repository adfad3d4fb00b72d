import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import { counts } from '../../../src/graph/counts.ts';
import { execute } from '../../../src/graph/execute.ts';
import { forEvaluation } from '../../../src/graph/forEvaluation.ts';
import type { Graph, NodeId } from '../../../src/graph/graph.ts';
import { fuseConcatConv } from '../../../src/graph/passes/fuseConcatConv.ts';
import { fused } from '../../../src/graph/passes/fused.ts';
import { fuseSubsample } from '../../../src/graph/passes/fuseSubsample.ts';
import { shareNodes } from '../../../src/graph/passes/shareNodes.ts';
import { Streams } from '../../../src/random/streams.ts';
import { resolveConfig, spaceOf } from '../../../src/run/config.ts';
import * as torch from '../../../src/torch/index.ts';

const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);

/** A graph over two feature maps of 4 and 3 channels that are made of its input. */
function graphOf(
  make: (g: GraphBuilder, parts: readonly [NodeId, NodeId]) => Record<string, NodeId>,
): Graph {
  const g = new GraphBuilder();
  const x = g.input([4, 6, 6], { name: 'x' });
  const made = g.conv2d(x, { name: 'made', out: 3, kernel: 3 });
  return g.build(make(g, [g.maxPool(x, { kernel: 3 }), made]));
}
const conv = (g: GraphBuilder, x: NodeId, name = 'conv', more: object = {}) =>
  g.conv2d(x, { name, out: 5, kernel: 1, ...more });
const reduction = (g: GraphBuilder, x: NodeId) =>
  g.concat(([0, 1] as const).map((offset) => conv(g, g.subsample(x, { offset }), `half${offset}`)));
const passed = (graph: Graph) => fuseConcatConv(fuseSubsample(shareNodes(graph)));

type DType = 'float32' | 'float64';

/** Outputs, and the gradients of the parameters and the input. */
function run(graph: Graph, dtype: DType): Map<string, torch.Tensor> {
  const streams = new Streams(3);
  const draw = (name: string, shape: readonly number[]) =>
    torch.randn(shape, { dtype: 'float64', seed: streams.key(name, 0) }).to({ dtype });
  const channelsLast = (x: torch.Tensor) => x.contiguous({ memoryFormat: 'channelsLast' });
  const leaves = new Map(
    graph.parameters.map(({ name, shape }) => [name, draw(name, shape).requiresGrad_()]),
  );
  const x = channelsLast(draw('x', [3, ...graph.nodes[0]!.shape])).requiresGrad_();
  const outputs = execute(graph, x, { lookup: (name) => leaves.get(name)!, training: true });
  const losses = Object.entries(outputs).map(([name, y]) => y.mul(draw(name, y.shape)).sum());
  torch.stack(losses).sum().backward();
  const gradients = [['x', x] as const, ...leaves].flatMap(([name, { grad }]) =>
    grad === null ? [] : [[`gradient of ${name}`, grad] as const],
  );
  return new Map([...Object.entries(outputs), ...gradients]);
}

// A part whose ReLU is zero everywhere has no gradient but zeros.
const apart = (a: torch.Tensor, b: torch.Tensor) =>
  a.sub(b).abs().max().item() / (b.abs().max().item() || 1);

function expectSame(graph: Graph, other: Graph): void {
  torch.scope(() => {
    for (const [dtype, limit] of [
      ['float64', 1e-12],
      ['float32', 1e-5],
    ] as const) {
      const results = run(other, dtype);
      for (const [name, value] of run(graph, dtype)) {
        expect(apart(results.get(name)!, value), `${name} in ${dtype}`).toBeLessThan(limit);
      }
    }
  });
}

describe('the 1×1 convolution of a concatenation', () => {
  it('reads what is concatenated, its weight being what it was', () => {
    const graph = graphOf((g, parts) => ({ y: conv(g, g.concat(parts)) }));
    const { nodes, parameters } = passed(graph);
    expect(nodes.map(({ op }) => op)).toEqual(['input', 'conv2d', 'maxPool', 'concatConv']);
    expect(nodes[3]).toEqual({
      ...{ op: 'concatConv', name: 'conv', part: graph.nodes.at(-1)!.part },
      ...{ inputs: [2, 1], params: ['conv/weight'], buffers: [] },
      ...{ attrs: { out: 5 }, shape: [5, 6, 6] },
    });
    expect(parameters).toBe(graph.parameters);
    const { parameters: size, multiplyAdds } = counts(graph);
    expect(counts(passed(graph))).toMatchObject({ parameters: size, multiplyAdds });
    expectSame(graph, passed(graph));
  });

  it('takes in a ReLU between, as the even and odd pixels of one do', () => {
    const graph = graphOf((g, parts) => {
      const y = g.relu(g.concat(parts));
      return { y: conv(g, y), halves: reduction(g, y) };
    });
    const after = passed(graph);
    expect(ops(after)).toEqual([
      'input',
      'conv2d',
      'maxPool',
      'reluConcatConv',
      'concatSubsampleConv',
    ]);
    expect(after.nodes.at(-1)).toMatchObject({ inputs: [2, 1], attrs: { relu: true } });
    const { parameters, multiplyAdds } = counts(graph);
    expect(counts(after)).toMatchObject({ parameters, multiplyAdds });
    expectSame(graph, after);
  });

  it('has a ReLU where it had one, though others that read the concatenation have none', () => {
    const graph = graphOf((g, parts) => {
      const y = g.concat(parts);
      const rectified = g.relu(y);
      return {
        ...{ a: conv(g, y, 'a'), b: conv(g, rectified, 'b') },
        ...{ c: conv(g, rectified, 'c'), d: reduction(g, y) },
      };
    });
    const after = passed(graph);
    expect(ops(after).slice(3)).toEqual([
      ...['concatConv', 'reluConcatConv', 'reluConcatConv', 'concatSubsampleConv'],
    ]);
    expect(after.nodes.at(-1)!.attrs.relu).toBe(false);
    expectSame(graph, after);
  });

  it('gives the same for any split of the channels', () => {
    const channels = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(channels, fc.integer({ min: 1, max: 24 }), (split, out) => {
        const graph = graphOf((g, [x]) => {
          const parts = split.map((c, i) => conv(g, x, `part${i}`, { out: c }));
          const y = g.relu(g.concat(parts));
          return { y: conv(g, y, 'conv', { out }), halves: reduction(g, y) };
        });
        expect(ops(passed(graph)).slice(-2)).toEqual(['reluConcatConv', 'concatSubsampleConv']);
        expectSame(graph, passed(graph));
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('reads the concatenation where something else needs it too, or it is no such convolution', () => {
    const kept: ((g: GraphBuilder, y: NodeId) => Record<string, NodeId>)[] = [
      (g, y) => ({ y: conv(g, y), given: y }),
      (g, y) => ({ y: conv(g, g.relu(y)), given: g.relu(y) }),
      (g, y) => ({ y: conv(g, y), pooled: g.globalAvgPool(y) }),
      (g, y) => ({ y: conv(g, g.relu(y)), pooled: g.avgPool(g.relu(y), { kernel: 3 }) }),
      (g, y) => ({ y: conv(g, g.relu(y)), dense: conv(g, y, 'dense', { kernel: 3 }) }),
      (g, y) => ({ y: conv(g, y, 'dense', { kernel: 3 }) }),
      (g, y) => ({ y: conv(g, y, 'strided', { stride: 2 }) }),
      (g, y) => ({ y: conv(g, y, 'padded', { padding: 1 }) }),
      (g, y) => ({ y: conv(g, y, 'depthwise', { out: 7, groups: 7 }) }),
      (g, y) => ({ y: conv(g, g.dropout(y, { p: 0.5 })) }),
      (g, y) => ({ y: g.concat([conv(g, y), y]) }),
    ];
    for (const make of kept) {
      const graph = shareNodes(graphOf((g, parts) => make(g, g.concat(parts))));
      expect(fuseConcatConv(graph)).toEqual(graph);
    }
  });

  it('takes in the batch norm that follows where that is folded, and its ReLU', () => {
    torch.scope(() => {
      const graph = graphOf((g, parts) => {
        const y = g.relu(g.concat(parts));
        const [a, b] = [conv(g, y), reduction(g, y)].map((sum, i) =>
          g.relu(g.batchNorm(sum, { name: `bn${i}`, statistics: 'running' })),
        );
        return { a: a!, b: b! };
      });
      const values = new Map(
        [...graph.parameters, ...graph.buffers].map(({ name, shape }, i) => [
          name,
          torch.uniform(shape, { low: 0.5, high: 2, seed: i }),
        ]),
      );
      const lookup = (name: string) => values.get(name)!;
      const network = forEvaluation({ graph, lookup }, ['a', 'b']);
      expect(ops(network.graph).slice(3)).toEqual(['biasedConcatConv', 'biasedSubsampleConv']);
      const x = torch.randn([3, 4, 6, 6], { seed: 9 }).contiguous({ memoryFormat: 'channelsLast' });
      const outputs = (of: Graph, at: typeof lookup) =>
        torch.noGrad(() => execute(of, x, { lookup: at, training: false }));
      const plain = outputs(graph, lookup);
      for (const [name, y] of Object.entries(outputs(network.graph, network.lookup))) {
        expect(apart(y, plain[name]!)).toBeLessThan(1e-5);
      }
      network.dispose();
    });
  });
});

it('in a fixed micro network only the head reads a concatenation of loose ends', () => {
  const options = { fixed: { filters: 4, layers: 3, auxiliary: false } };
  const space = spaceOf(resolveConfig({ space: 'micro', config: { space: { options } } }));
  const task = { kind: 'images', channels: 3, height: 8, width: 8, classes: 4 } as const;
  // All blocks read the cell before last: they and the last cell's output are loose ends.
  const graph = space.fixed(space.decode(space.decisions.map(() => 0)), task);
  const over = fused(graph).nodes.filter(({ inputs }) => inputs.length === 6);
  // Cells 1 and 3 reduce.
  expect(over.map(({ op, name }) => `${name} ${op}`)).toEqual([
    'cell1/input1/conv reluConcatConv',
    'cell2/input0/concat concatSubsampleConv',
    'cell2/input1/conv reluConcatConv',
    'cell3/input0/conv reluConcatConv',
    'cell3/input1/conv reluConcatConv',
    'cell4/input0/concat concatSubsampleConv',
    'cell4/input1/conv reluConcatConv',
    'cell4/combine/concat concat',
  ]);
});
