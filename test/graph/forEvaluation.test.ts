import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { execute } from '../../src/graph/execute.ts';
import { forEvaluation } from '../../src/graph/forEvaluation.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { dropNoise } from '../../src/graph/passes/dropNoise.ts';
import { evaluated } from '../../src/graph/passes/evaluated.ts';
import { Streams } from '../../src/random/streams.ts';
import * as torch from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { architecturesOf } from '../spaces/architectures.ts';
import { networks, spaceNamed, task } from './smallNetworks.ts';

type DType = 'float64' | 'float32';

/** Parameters that ask for gradients, and statistics of a network that has been trained. */
function valuesOf({ parameters, buffers }: Graph, dtype: DType): Map<string, torch.Tensor> {
  const streams = new Streams(3);
  const drawn = parameters.map(({ name, shape }) => {
    const value = torch.randn(shape, { dtype, seed: streams.key(name, 0) }).mul(0.3);
    return [name, value.requiresGrad_()] as const;
  });
  const statistics = buffers.map(({ name, shape }) => {
    const range = { low: 0.5, high: 2, dtype, seed: streams.key(name, 0) };
    return [name, torch.uniform(shape, range)] as const;
  });
  return new Map([...drawn, ...statistics]);
}

function logitsOf(graph: Graph, lookup: (name: string) => torch.Tensor, dtype: DType) {
  const x = torch.randn([3, 3, 8, 8], { dtype, seed: 9 }).contiguous({
    memoryFormat: 'channelsLast',
  });
  const options = { lookup, training: false, outputs: ['logits'] };
  return torch.noGrad(() => execute(graph, x, options).logits!);
}

describe.each(networks)('a $kind network of the $name space', ({ name, kind }) => {
  const space = spaceNamed(name);

  it.each([
    ['float64', 1e-10],
    ['float32', 2e-4],
  ] as const)(
    'is evaluated to what it is without passes, in %s',
    (dtype, limit) => {
      fc.assert(
        fc.property(architecturesOf(space), (arch) => {
          torch.scope(() => {
            const graph = space[kind](arch, task);
            const values = valuesOf(graph, dtype);
            const lookup = (of: string) => values.get(of)!;
            const plain = logitsOf(graph, lookup, dtype);
            const scale = Math.max(1e-3, plain.abs().max().item());
            const network = forEvaluation({ graph, lookup }, ['logits']);
            const folded = logitsOf(network.graph, network.lookup, dtype);
            for (const other of [folded, logitsOf(evaluated(graph), lookup, dtype)]) {
              expect(other.sub(plain).abs().max().item() / scale).toBeLessThan(limit);
            }
            network.dispose();
          });
        }),
        { numRuns: 8 },
      );
    },
    120_000,
  );
});

describe('evaluation', () => {
  const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);
  const running = (g: GraphBuilder, x: NodeId, name = 'bn') =>
    g.batchNorm(x, { name, statistics: 'running' });
  const graphOf = (make: (g: GraphBuilder, x: NodeId) => NodeId): Graph => {
    const g = new GraphBuilder();
    return g.build({ logits: make(g, g.input([3, 8, 8], { name: 'x' })) });
  };
  const opsOf = (make: (g: GraphBuilder, x: NodeId) => NodeId) =>
    torch.scope(() => {
      const graph = graphOf(make);
      const values = valuesOf(graph, 'float32');
      return ops(forEvaluation({ graph, lookup: (of) => values.get(of)! }, ['logits']).graph);
    });
  const conv = (g: GraphBuilder, x: NodeId, more: object = {}) =>
    g.conv2d(x, { name: 'conv', out: 3, kernel: 3, ...more });

  it('draws nothing at random', () => {
    const graph = graphOf((g, x) =>
      g.dropPath(g.relu(g.dropout(x, { name: 'a', p: 0.5 })), { name: 'b', p: 0.5 }),
    );
    expect(ops(dropNoise(graph))).toEqual(['input', 'relu']);
  });

  it('has no batch norm, nor a ReLU, after a convolution', () => {
    expect(opsOf((g, x) => g.relu(running(g, conv(g, x))))).toEqual(['input', 'biasedConv2d']);
    expect(opsOf((g, x) => running(g, g.concatConv([x, x], { name: 'y', out: 2 })))).toEqual([
      'input',
      'biasedConcatConv',
    ]);
  });

  it('keeps a batch norm that it cannot fold', () => {
    const kept: ((g: GraphBuilder, x: NodeId) => NodeId)[] = [
      // Of the minibatch's statistics, of no convolution, of a depthwise one, of one read twice, and
      // one that adds.
      (g, x) => g.batchNorm(conv(g, x), { name: 'bn', statistics: 'batch' }),
      (g, x) => running(g, g.maxPool(x, { kernel: 3 })),
      (g, x) => running(g, conv(g, x, { groups: 3 })),
      (g, x) => {
        const y = conv(g, x);
        return g.concat([running(g, y), y]);
      },
      (g, x) => g.add([running(g, conv(g, x)), x]),
    ];
    for (const make of kept) {
      const left = opsOf(make);
      expect(left.some((op) => op === 'batchNorm' || op === 'fusedBatchNorm')).toBe(true);
      expect(left).not.toContain('biasedConv2d');
    }
  });

  it('leaves out what only other outputs need', () => {
    torch.scope(() => {
      const g = new GraphBuilder();
      const x = g.input([3, 8, 8], { name: 'x' });
      const graph = g.build({ logits: x, auxiliary: running(g, conv(g, x)) });
      const lookup = (name: string): torch.Tensor => {
        throw new Error(`${name} was looked up`);
      };
      expect(ops(forEvaluation({ graph, lookup }, ['logits']).graph)).toEqual(['input']);
    });
  });

  it('is of what the parameters and statistics are when it is made, and asks for no gradient', () => {
    torch.scope(() => {
      const graph = graphOf((g, x) => running(g, conv(g, x)));
      const values = valuesOf(graph, 'float64');
      const lookup = (of: string) => values.get(of)!;
      const before = forEvaluation({ graph, lookup }, ['logits']);
      const first = logitsOf(before.graph, before.lookup, 'float64');
      torch.noGrad(() => {
        lookup('conv/weight').mul_(2);
        lookup('bn/runningVar').add_(1);
      });
      const after = forEvaluation({ graph, lookup }, ['logits']);
      const second = logitsOf(after.graph, after.lookup, 'float64');
      const plain = logitsOf(graph, lookup, 'float64');
      expect(second.sub(plain).abs().max().item()).toBeLessThan(1e-10);
      expect(second.sub(first).abs().max().item()).toBeGreaterThan(0.1);
      for (const name of after.graph.nodes[1]!.params) {
        expect(after.lookup(name).requiresGrad).toBe(false);
      }
    });
  });

  it('releases what it made, and nothing of the network’s', () => {
    torch.scope(() => {
      const graph = graphOf((g, x) => running(g, conv(g, x)));
      const values = valuesOf(graph, 'float32');
      const lookup = (of: string) => values.get(of)!;
      const before = collected().tensors;
      const network = forEvaluation({ graph, lookup }, ['logits']);
      expect(torch.memory().tensors).toBe(before + 2);
      network.dispose();
      expect(torch.memory().tensors).toBe(before);
      expect(logitsOf(graph, lookup, 'float32').shape).toEqual([3, 3, 8, 8]);
    });
  });
});
