import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import { counts } from '../../../src/graph/counts.ts';
import { execute } from '../../../src/graph/execute.ts';
import { forEvaluation } from '../../../src/graph/forEvaluation.ts';
import type { Graph, NodeId } from '../../../src/graph/graph.ts';
import { evaluated } from '../../../src/graph/passes/evaluated.ts';
import { fused } from '../../../src/graph/passes/fused.ts';
import { fuseSeparable } from '../../../src/graph/passes/fuseSeparable.ts';
import { Streams } from '../../../src/random/streams.ts';
import { resolveConfig, spaceOf } from '../../../src/run/config.ts';
import * as torch from '../../../src/torch/index.ts';

const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);
const graphOf = (make: (g: GraphBuilder, x: NodeId) => NodeId): Graph => {
  const g = new GraphBuilder();
  return g.build({ logits: make(g, g.input([4, 8, 8], { name: 'x' })) });
};
const depthwise = (g: GraphBuilder, x: NodeId, stride = 1) =>
  g.conv2d(x, { name: 'depthwise', out: 4, kernel: 3, groups: 4, stride });
const pointwise = (g: GraphBuilder, x: NodeId, more: object = {}) =>
  g.conv2d(x, { name: 'pointwise', out: 6, kernel: 1, ...more });

function valuesOf({ parameters, buffers }: Graph): (name: string) => torch.Tensor {
  const streams = new Streams(5);
  const values = new Map([
    ...parameters.map(
      ({ name, shape }) =>
        [name, torch.randn(shape, { seed: streams.key(name, 0) }).mul(0.5)] as const,
    ),
    ...buffers.map(
      ({ name, shape }) =>
        [name, torch.uniform(shape, { low: 0.5, high: 2, seed: streams.key(name, 0) })] as const,
    ),
  ]);
  return (name) => values.get(name)!;
}

function logitsOf(
  graph: Graph,
  lookup: (name: string) => torch.Tensor,
  dtype: 'float32' | 'bfloat16',
): torch.Tensor {
  const image = torch.randn([3, ...graph.nodes[0]!.shape], { seed: 9 }).to({ dtype });
  const x = image.contiguous({ memoryFormat: 'channelsLast' });
  const options = { lookup, dtype, training: false, outputs: ['logits'] };
  return torch.noGrad(() => execute(graph, x, options).logits!);
}

const apart = (a: torch.Tensor, b: torch.Tensor) =>
  a.sub(b).abs().max().item() / b.abs().max().item();

describe('a depthwise convolution and the 1×1 convolution that alone reads it', () => {
  it('become one operator, with the ReLU of the input, of the 1×1 one’s name', () => {
    const graph = graphOf((g, x) => pointwise(g, depthwise(g, g.relu(x), 2)));
    const passed = fuseSeparable(fused(graph));
    expect(ops(passed)).toEqual(['input', 'separableConv']);
    expect(passed.nodes[1]).toEqual({
      op: 'separableConv',
      name: 'pointwise',
      part: graph.nodes.at(-1)!.part,
      inputs: [0],
      params: ['depthwise/weight', 'pointwise/weight'],
      buffers: [],
      attrs: {
        ...{ out: 6, kernel: 3, stride: 2, padding: 1 },
        ...{ inputRelu: true, bias: false, outputRelu: false },
      },
      shape: [6, 4, 4],
    });
    const { parameters, multiplyAdds } = counts(graph);
    expect(counts(passed)).toMatchObject({ parameters, multiplyAdds });
    torch.scope(() => {
      const lookup = valuesOf(graph);
      for (const dtype of ['float32', 'bfloat16'] as const) {
        const plain = logitsOf(graph, lookup, dtype);
        const limit = dtype === 'float32' ? 1e-5 : 2 ** -6;
        expect(apart(logitsOf(passed, lookup, dtype), plain)).toBeLessThan(limit);
      }
    });
  });

  it('take in the batch norm and the ReLU that follow where those are folded', () => {
    torch.scope(() => {
      const graph = graphOf((g, x) => {
        const y = pointwise(g, depthwise(g, g.relu(x)));
        return g.relu(g.batchNorm(y, { name: 'bn', statistics: 'running' }));
      });
      const lookup = valuesOf(graph);
      const network = forEvaluation({ graph, lookup }, ['logits']);
      expect(ops(network.graph)).toEqual(['input', 'separableConv']);
      expect(network.graph.nodes[1]!.attrs).toMatchObject({
        ...{ inputRelu: true, bias: true, outputRelu: true },
      });
      const folded = logitsOf(network.graph, network.lookup, 'float32');
      expect(apart(folded, logitsOf(graph, lookup, 'float32'))).toBeLessThan(1e-5);
    });
  });

  it('stay two where something else reads the first, or the second is not 1×1 of every pixel', () => {
    const kept: ((g: GraphBuilder, x: NodeId) => NodeId)[] = [
      (g, x) => {
        const y = depthwise(g, x);
        return g.concat([y, pointwise(g, y)]);
      },
      (g, x) => {
        const y = depthwise(g, x);
        return g.add([pointwise(g, y), pointwise(g, y, { name: 'other' })]);
      },
      (g, x) => pointwise(g, depthwise(g, x), { stride: 2 }),
      (g, x) => pointwise(g, depthwise(g, x), { kernel: 3 }),
      (g, x) => pointwise(g, depthwise(g, x), { groups: 2 }),
      (g, x) => pointwise(g, g.relu(depthwise(g, x))),
      (g, x) => pointwise(g, g.conv2d(x, { name: 'grouped', out: 4, kernel: 3, groups: 2 })),
      (g, x) => pointwise(g, g.conv2d(x, { name: 'wider', out: 8, kernel: 3, groups: 4 })),
    ];
    for (const make of kept) {
      const graph = graphOf(make);
      expect(fuseSeparable(graph)).toEqual(graph);
    }
    const g = new GraphBuilder();
    const y = depthwise(g, g.input([4, 8, 8], { name: 'x' }));
    const given = g.build({ y, logits: pointwise(g, y) });
    expect(fuseSeparable(given)).toEqual(given);
  });
});

describe('a fixed network of the micro space', () => {
  const options = { filters: 4, layers: 3 };
  const space = spaceOf(resolveConfig({ space: 'micro', config: { space: { options } } }));
  const task = { kind: 'images', channels: 3, height: 8, width: 8, classes: 4 } as const;
  // Every operator of a cell a separable convolution.
  const first = space.decisions.map((decision) => {
    if (decision.kind === 'op') return 0;
    return decision.kind === 'skips' ? decision.among.map(() => 0) : 0;
  });
  const graph = space.fixed(space.decode(first), task);

  it.each(['float32', 'bfloat16'] as const)(
    'is evaluated to what it is in two steps, %s',
    (dtype) => {
      torch.scope(() => {
        const lookup = valuesOf(graph);
        const plain = logitsOf(graph, lookup, dtype);
        const network = forEvaluation({ graph, lookup }, ['logits']);
        const runs = [
          [evaluated(graph), lookup],
          [network.graph, network.lookup],
        ] as const;
        for (const [passed, values] of runs) {
          expect(ops(passed)).toContain('separableConv');
          const limit = dtype === 'float32' ? 2e-4 : 0.1;
          expect(apart(logitsOf(passed, values, dtype), plain)).toBeLessThan(limit);
        }
        network.dispose();
      });
    },
  );
});
