import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { execute } from '../../src/graph/execute.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { foldBatchNorm } from '../../src/graph/passes/foldBatchNorm.ts';
import { fused } from '../../src/graph/passes/fused.ts';
import { fuseSeparable } from '../../src/graph/passes/fuseSeparable.ts';
import { activations } from '../../src/graph/vocabulary/recurrent.ts';
import { type OpName, vocabulary } from '../../src/graph/vocabulary.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { batch, build, dictionary, inputOf, optionsFor } from './running.ts';

/** 1×1 convolutions of the even and of the odd pixels, side by side. */
function reduction(g: GraphBuilder, x: NodeId): NodeId {
  return g.concat(
    ([0, 1] as const).map((offset) =>
      g.conv2d(g.subsample(x, { offset }), { name: `y${offset}`, out: 2 + offset, kernel: 1 }),
    ),
  );
}

/** Batch norms by running statistics, and ReLUs, folded in; what they become are parameters of it. */
function folded(make: (g: GraphBuilder, x: NodeId) => NodeId, relu = false): Graph {
  const graph = build([2, 3, 3], (g, x) => {
    const y = g.batchNorm(make(g, x), { name: 'bn', statistics: 'running' });
    return relu ? g.relu(y) : y;
  });
  const { graph: passed, folds } = foldBatchNorm(fuseSeparable(fused(graph)));
  const like = (of: string, name: string) => ({
    ...graph.parameters.find((parameter) => parameter.name === of)!,
    name,
  });
  const made = folds.flatMap(({ weights, gamma, bias }) => [
    ...weights.map(({ from, to }) => like(from, to)),
    like(gamma, bias),
  ]);
  const read = new Set(passed.nodes.flatMap(({ params }) => params));
  const kept = graph.parameters.filter(({ name }) => read.has(name));
  return { ...passed, parameters: [...kept, ...made], buffers: [] };
}

/** A value beside another of the same pixels. */
const both = (g: GraphBuilder, x: NodeId): NodeId => g.concat([x, g.maxPool(x, { kernel: 3 })]);

const pointwise = (g: GraphBuilder, x: NodeId): NodeId =>
  g.conv2d(x, { name: 'y', out: 3, kernel: 1 });

/** A depthwise convolution and the 1×1 convolution of its result. */
function separable(g: GraphBuilder, x: NodeId, stride = 1): NodeId {
  const y = g.conv2d(x, { name: 'depthwise', out: 2, kernel: 3, groups: 2, stride });
  return pointwise(g, y);
}

/**
 * A graph of one operator (and what it needs before it), by the operator's name. What a state is
 * shows over time: overTime.test.ts.
 */
const graphs: {
  readonly [Op in Exclude<OpName, 'state'>]: readonly (readonly [label: string, graph: Graph])[];
} = {
  input: [['hands on what it is given', build([2, 3, 3], (_, x) => x)]],
  conv2d: [
    ['same size', build([2, 4, 4], (g, x) => g.conv2d(x, { name: 'y', out: 3, kernel: 3 }))],
    ['1×1', build([3, 2, 2], (g, x) => g.conv2d(x, { name: 'y', out: 2, kernel: 1 }))],
    [
      'depthwise, stride 2',
      build([2, 5, 4], (g, x) =>
        g.conv2d(x, { name: 'y', out: 2, kernel: 5, groups: 2, stride: 2 }),
      ),
    ],
  ],
  concatConv: [
    ['with one weight', fused(build([2, 3, 3], (g, x) => pointwise(g, both(g, x))))],
    ['one input', build([2, 2, 2], (g, x) => g.concatConv([x], { name: 'y', out: 3 }))],
    [
      'three inputs of different depth',
      build([2, 3, 3], (g, x) => {
        const wide = g.conv2d(x, { name: 'wide', out: 3, kernel: 1 });
        return g.concatConv([x, wide, g.relu(x)], { name: 'y', out: 2 });
      }),
    ],
  ],
  batchNorm: [
    ['the batch’s statistics', build([2, 3, 2], (g, x) => g.batchNorm(x, { name: 'y' }))],
    [
      'running statistics',
      build([2, 3, 2], (g, x) => g.batchNorm(x, { name: 'y', statistics: 'running', eps: 1e-3 })),
    ],
    ['features', build([4], (g, x) => g.batchNorm(x, { name: 'y' }))],
  ],
  relu: [['', build([2, 3, 2], (g, x) => g.relu(x))]],
  zeros: [['', build([2, 3, 2], (g, x) => g.zeros(x))]],
  add: [
    ['of two', build([2, 2, 2], (g, x) => g.add([x, g.relu(x)]))],
    ['of a node and itself', build([2, 2, 2], (g, x) => g.add([x, x, x]))],
  ],
  concat: [['', build([2, 2, 2], (g, x) => g.concat([x, g.relu(x), x]))]],
  avgPool: [
    ['same size', build([2, 4, 3], (g, x) => g.avgPool(x, { kernel: 3 }))],
    ['stride 2', build([1, 5, 5], (g, x) => g.avgPool(x, { kernel: 3, stride: 2 }))],
  ],
  maxPool: [['same size', build([2, 4, 3], (g, x) => g.maxPool(x, { kernel: 3 }))]],
  subsample: [
    ['even pixels', build([1, 4, 4], (g, x) => g.subsample(x, { offset: 0 }))],
    ['odd pixels', build([1, 4, 4], (g, x) => g.subsample(x, { offset: 1 }))],
    ['odd pixels of an odd size', build([1, 5, 3], (g, x) => g.subsample(x, { offset: 1 }))],
  ],
  globalAvgPool: [['', build([3, 2, 4], (g, x) => g.globalAvgPool(x))]],
  mean: [['', build([2, 2], (g, x) => g.mean([x, g.relu(x), x]))]],
  dropout: [
    ['', build([20], (g, x) => g.dropout(x, { p: 0.4, name: 'y' }))],
    ['variational', build([20], (g, x) => g.dropout(x, { p: 0.4, name: 'y', variational: true }))],
  ],
  dropPath: [['', build([2, 3, 3], (g, x) => g.dropPath(x, { p: 0.4, name: 'y' }))]],
  embedding: [
    ['', build([], (g, x) => g.embedding(x, { name: 'y', vocabulary: 4, size: 3 }))],
    [
      'tied to a linear map',
      build([], (g, x) => {
        const e = g.embedding(x, { name: 'e', vocabulary: 4, size: 3 });
        return g.linear(e, { name: 'y', out: 4, bias: false, weight: 'e/weight' });
      }),
    ],
  ],
  gates: [['', build([3], (g, x) => g.gates(x, { name: 'y', out: 2 }))]],
  highway: activations.flatMap((activation) => [
    [activation, build([4], (g, x) => g.highway(x, { activation }))],
    [
      `${activation}, with a carry`,
      build([4], (g, x) => {
        const carry = g.linear(x, { name: 'carry', out: 2 });
        return g.highway(x, { activation, carry });
      }),
    ],
  ]),
  linear: [
    ['bias', build([4], (g, x) => g.linear(x, { name: 'y', out: 3 }))],
    ['no bias', build([4], (g, x) => g.linear(x, { name: 'y', out: 3, bias: false }))],
  ],
  fusedBatchNorm: [
    ['ReLU', fused(build([2, 3, 2], (g, x) => g.relu(g.batchNorm(x, { name: 'y' }))))],
    ['sum', fused(build([2, 3, 2], (g, x) => g.add([x, g.batchNorm(x, { name: 'y' })])))],
    [
      'sum, ReLU, running statistics',
      fused(
        build([2, 3, 2], (g, x) => {
          const y = g.batchNorm(x, { name: 'y', statistics: 'running' });
          return g.relu(g.add([x, y]));
        }),
      ),
    ],
  ],
  reluConv2d: [
    [
      'depthwise',
      fused(
        build([2, 4, 4], (g, x) =>
          g.conv2d(g.relu(x), { name: 'y', out: 2, kernel: 3, groups: 2 }),
        ),
      ),
    ],
    [
      '1×1',
      fused(build([2, 4, 4], (g, x) => g.conv2d(g.relu(x), { name: 'y', out: 3, kernel: 1 }))),
    ],
  ],
  subsampleConv: [
    ['', fused(build([2, 4, 4], (g, x) => reduction(g, x)))],
    ['odd size', fused(build([2, 5, 3], (g, x) => reduction(g, x)))],
    ['ReLU', fused(build([2, 4, 5], (g, x) => reduction(g, g.relu(x))))],
  ],
  concatSubsampleConv: [
    ['', fused(build([2, 3, 4], (g, x) => reduction(g, both(g, x))))],
    ['ReLU', fused(build([2, 4, 4], (g, x) => reduction(g, g.relu(both(g, x)))))],
  ],
  separableConv: [
    ['', fuseSeparable(build([2, 4, 4], (g, x) => separable(g, x)))],
    ['stride 2', fuseSeparable(build([2, 5, 4], (g, x) => separable(g, x, 2)))],
    ['with a bias', folded((g, x) => separable(g, x))],
    ['with a bias between ReLUs', folded((g, x) => separable(g, g.relu(x)), true)],
  ],
  reluConcatConv: [
    ['with one weight', fused(build([2, 3, 3], (g, x) => pointwise(g, g.relu(both(g, x)))))],
    [
      '',
      fused(
        build([2, 3, 3], (g, x) => {
          const wide = g.conv2d(x, { name: 'wide', out: 3, kernel: 1 });
          return g.concatConv([g.relu(x), g.relu(wide)], { name: 'y', out: 2 });
        }),
      ),
    ],
  ],
  biasedConv2d: [
    ['', folded((g, x) => g.conv2d(x, { name: 'y', out: 3, kernel: 3 }))],
    [
      '1×1 between ReLUs',
      folded((g, x) => g.conv2d(g.relu(x), { name: 'y', out: 3, kernel: 1 }), true),
    ],
  ],
  biasedConcatConv: [
    ['with one weight', folded((g, x) => pointwise(g, g.relu(both(g, x))))],
    ['', folded((g, x) => g.concatConv([x, x], { name: 'y', out: 3 }))],
    ['between ReLUs', folded((g, x) => g.concatConv([g.relu(x)], { name: 'y', out: 3 }), true)],
  ],
  biasedSubsampleConv: [
    ['', folded((g, x) => reduction(g, x))],
    ['between ReLUs', folded((g, x) => reduction(g, g.relu(x)), true)],
    ['of two inputs', folded((g, x) => reduction(g, g.relu(both(g, x))))],
  ],
};

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

describe('what an operator means', () => {
  const image = torch.arange(16, { dtype: 'float64' }).reshape([1, 1, 4, 4]);
  const run = (
    graph: Graph,
    input: Tensor,
    parameters: Record<string, Tensor> = {},
    training = true,
  ) => execute(graph, input, optionsFor(new Map(Object.entries(parameters)), { training })).y!;

  it('concatConv is the 1×1 convolution of the concatenation', () => {
    const graph = build([2, 2, 2], (g, x) => g.concatConv([x, x], { name: 'y', out: 1 }));
    const x = torch.tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [10, 20],
          [30, 40],
        ],
      ],
    ]);
    const y = run(graph, x, {
      'y/weight0': torch.tensor([1, 1]).reshape([1, 2, 1, 1]),
      'y/weight1': torch.tensor([0, 100]).reshape([1, 2, 1, 1]),
    });
    expect(y.tolist()).toEqual([
      [
        [
          [1011, 2022],
          [3033, 4044],
        ],
      ],
    ]);
  });

  it('average pooling does not count the padding', () => {
    const graph = build([1, 4, 4], (g, x) => g.avgPool(x, { kernel: 3 }));
    const y = run(graph, torch.ones([1, 1, 4, 4]));
    expect(y.eq(1).all().item()).toBe(1);
    // The corner: 0, 1, 4, 5.
    expect(run(graph, image).select(2, 0).select(2, 0).item()).toBe(2.5);
  });

  it('max pooling never takes the padding', () => {
    const graph = build([1, 4, 4], (g, x) => g.maxPool(x, { kernel: 3 }));
    expect(run(graph, image.neg()).select(2, 3).select(2, 3).item()).toBe(-10);
  });

  it('subsample takes every second pixel, and a zero where the size is odd', () => {
    const pixels = (size: number, offset: 0 | 1) => {
      const graph = build([1, size, size], (g, x) => g.subsample(x, { offset }));
      return run(graph, image.slice(2, 0, size).slice(3, 0, size)).tolist();
    };
    expect(pixels(4, 0)).toEqual([
      [
        [
          [0, 2],
          [8, 10],
        ],
      ],
    ]);
    expect(pixels(4, 1)).toEqual([
      [
        [
          [5, 7],
          [13, 15],
        ],
      ],
    ]);
    expect(pixels(3, 0)).toEqual([
      [
        [
          [0, 2],
          [8, 10],
        ],
      ],
    ]);
    expect(pixels(3, 1)).toEqual([
      [
        [
          [5, 0],
          [0, 0],
        ],
      ],
    ]);
  });

  it('running statistics move in training and are used outside it', () => {
    const graph = build([1], (g, x) =>
      g.batchNorm(x, { name: 'y', statistics: 'running', momentum: 0.5, eps: 1e-12 }),
    );
    const own = {
      'y/gamma': torch.tensor([1]),
      'y/beta': torch.tensor([0]),
      'y/runningMean': torch.tensor([0]),
      'y/runningVar': torch.tensor([1]),
    };
    const x = torch.tensor([[1], [3]]);
    expect(run(graph, x, own).tolist()).toEqual([[-1], [1]]);
    // Half way to the mean 2, and to the unbiased variance 2.
    expect([own['y/runningMean'].item(), own['y/runningVar'].item()]).toEqual([1, 1.5]);
    const outside = run(graph, x, own, false).tolist();
    expect(outside).toEqual([[0], [expect.closeTo(2 / Math.sqrt(1.5), 6)]]);
    expect([own['y/runningMean'].item(), own['y/runningVar'].item()]).toEqual([1, 1.5]);
  });

  it('the batch’s statistics are used outside training too', () => {
    const graph = build([1], (g, x) => g.batchNorm(x, { name: 'y', eps: 1e-12 }));
    const own = { 'y/gamma': torch.tensor([2]), 'y/beta': torch.tensor([5]) };
    expect(run(graph, torch.tensor([[1], [3]]), own, false).tolist()).toEqual([[3], [7]]);
  });

  it('dropout draws from the node’s own seed, and not at all outside training', () => {
    const g = new GraphBuilder();
    const x = g.input([50], { name: 'x' });
    const graph = g.build({
      first: g.dropout(x, { name: 'first', p: 0.5 }),
      second: g.dropout(x, { name: 'second', p: 0.5 }),
    });
    const asked: string[] = [];
    const seed = (name: string) => {
      asked.push(name);
      return name.length;
    };
    const ones = torch.ones([1, 50]);
    const drawn = execute(graph, ones, optionsFor(new Map(), { seed }));
    expect(asked).toEqual(['first', 'second']);
    expect(drawn.first!.eq(drawn.second!).all().item()).toBe(0);
    expect(execute(graph, ones, optionsFor(new Map(), { seed })).first!.tolist()).toEqual(
      drawn.first!.tolist(),
    );
    const still = execute(graph, ones, { lookup: () => ones, training: false });
    expect(still.first!.tolist()).toEqual(ones.tolist());
  });

  it('dropPath drops whole examples, more of them as the training goes on', () => {
    const graph = build([2, 3], (g, x) => g.dropPath(x, { name: 'y', p: 0.5 }));
    const ones = torch.ones([400, 2, 3], { dtype: 'float64' });
    const kept = (progress: number) => {
      const y = execute(graph, ones, optionsFor(new Map(), { progress })).y!.reshape([400, 6]);
      const [least, most] = [y.min(1), y.max(1)];
      expect(least.eq(most).all().item()).toBe(1);
      expect(most.max().item()).toBeCloseTo(1 / (1 - 0.5 * progress), 12);
      return most.gt(0).to({ dtype: 'float64' }).mean().item();
    };
    expect(kept(0)).toBe(1);
    expect(kept(0.5)).toBeCloseTo(0.75, 1);
    expect(kept(1)).toBeCloseTo(0.5, 1);
    const options = optionsFor(new Map(), { training: false });
    expect(execute(graph, ones, options).y).toBe(ones);
  });

  it('gates are x·W(c) and x·W(h) side by side', () => {
    const graph = build([2], (g, x) => g.gates(x, { name: 'y', out: 1 }));
    const y = run(graph, torch.tensor([[1, 10]]), {
      'y/c': torch.tensor([[1, 2]]),
      'y/h': torch.tensor([[3, 4]]),
    });
    expect(y.tolist()).toEqual([[21, 43]]);
  });

  it.each([
    ['tanh', Math.tanh(-1)],
    ['relu', 0],
    ['identity', -1],
    ['sigmoid', 1 / (1 + Math.E)],
  ] as const)('a highway unit with %s is equation (3), and (5) with a carry', (activation, f) => {
    const g = new GraphBuilder();
    const z = g.input([2], { name: 'z' });
    const carry = g.linear(z, { name: 'carry', out: 1, bias: false });
    const graph = g.build({
      bare: g.highway(z, { activation }),
      carried: g.highway(z, { activation, carry }),
    });
    // The gate is σ(ln 3) = 3/4, the carry 7.
    const input = torch.tensor([[Math.log(3), -1]], { dtype: 'float64' });
    const weight = torch.tensor([[0, -7]], { dtype: 'float64' });
    const { bare, carried } = execute(graph, input, { lookup: () => weight, training: true });
    expect(bare!.item()).toBeCloseTo(0.75 * f, 12);
    expect(carried!.item()).toBeCloseTo(0.75 * f + 0.25 * 7, 12);
  });

  it('the mean of a single input is that input', () => {
    const graph = build([2], (g, x) => g.mean([g.relu(x)]));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['input', 'relu']);
    const two = build([2], (g, x) => g.mean([x, g.relu(x)]));
    expect(run(two, torch.tensor([[-4, 3]])).tolist()).toEqual([[-2, 3]]);
  });
});
