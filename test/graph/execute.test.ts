import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { type ExecuteOptions, execute } from '../../src/graph/execute.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { type OpName, vocabulary } from '../../src/graph/vocabulary.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';

const batch = 3;

/** A graph of one operator (and what it needs before it), by the operator's name. */
const graphs: { readonly [Op in OpName]: readonly (readonly [label: string, graph: Graph])[] } = {
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
  dropout: [['', build([20], (g, x) => g.dropout(x, { p: 0.4, name: 'y' }))]],
  linear: [
    ['bias', build([4], (g, x) => g.linear(x, { name: 'y', out: 3 }))],
    ['no bias', build([4], (g, x) => g.linear(x, { name: 'y', out: 3, bias: false }))],
  ],
};

function build(shape: readonly number[], make: (g: GraphBuilder, x: NodeId) => NodeId): Graph {
  const g = new GraphBuilder();
  return g.build({ y: make(g, g.input(shape, { name: 'x' })) });
}

/** Parameters and buffers of a graph, drawn at random, as leaves in float64. */
function dictionary({ parameters, buffers }: Graph): Map<string, Tensor> {
  const draw = (name: string, shape: readonly number[], seed: number) =>
    [name, torch.uniform(shape, { low: 0.5, high: 1.5, seed, dtype: 'float64' })] as const;
  const trained = parameters.map(({ name, shape }, i) => draw(name, shape, i));
  for (const [, tensor] of trained) tensor.requiresGrad_();
  return new Map([...trained, ...buffers.map(({ name, shape }, i) => draw(name, shape, 90 + i))]);
}

const inputOf = (graph: Graph, seed = 11) =>
  torch.randn([batch, ...graph.nodes[0]!.shape], { seed, dtype: 'float64' });

const optionsFor = (
  parameters: ReadonlyMap<string, Tensor>,
  changes: Partial<ExecuteOptions> = {},
): ExecuteOptions => ({
  lookup: (name) => parameters.get(name)!,
  training: true,
  seed: () => 7,
  ...changes,
});

const each = Object.entries(graphs).flatMap(([op, cases]) =>
  cases.map(([label, graph]) => [op, label, graph] as const),
);

it('every operator of the vocabulary is here', () => {
  expect(Object.keys(graphs).sort()).toEqual(Object.keys(vocabulary).sort());
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
        const x = inputOf(graph).requiresGrad_();
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
});

describe('a run', () => {
  const chain = build([2, 4, 4], (g, x) => {
    const a = g.relu(g.conv2d(x, { name: 'a', out: 2, kernel: 3 }));
    const b = g.relu(g.conv2d(a, { name: 'b', out: 2, kernel: 3 }));
    return g.add([a, b, g.avgPool(b, { kernel: 3 })]);
  });

  it('releases every intermediate and keeps the outputs', () => {
    torch.scope(() => {
      const [parameters, x] = [dictionary(chain), inputOf(chain)];
      const before = torch.memory().tensors;
      const { y } = torch.noGrad(() => execute(chain, x, optionsFor(parameters)));
      expect(torch.memory().tensors).toBe(before + 1);
      expect(y!.numel()).toBe(batch * 32);
      expect(x.numel()).toBe(batch * 32);
    });
  });

  it('never holds more of them than are still to be read', () => {
    const long = build([1, 64, 64], (g, x) => {
      let y = x;
      for (let i = 0; i < 12; i++) y = g.concatConv([y], { name: `y${i}`, out: 1 });
      return y;
    });
    torch.scope(() => {
      const x = inputOf(long);
      const before = torch.memory().bytes;
      let most = 0;
      const one = torch.ones([1, 1, 1, 1], { dtype: 'float64' });
      const lookup = () => {
        most = Math.max(most, torch.memory().bytes - before);
        return one;
      };
      torch.noGrad(() => execute(long, x, { lookup, training: false }));
      expect(most).toBeLessThanOrEqual(2 * batch * 64 * 64 * 8 + 64);
    });
  });

  it('does not run what no output depends on', () => {
    const g = new GraphBuilder();
    const x = g.input([2, 2, 2], { name: 'x' });
    g.conv2d(x, { name: 'dead', out: 2, kernel: 1 });
    const graph = g.build({ y: g.relu(x) });
    const lookup = (name: string): Tensor => {
      throw new Error(`looked up ${name}`);
    };
    const { y } = execute(graph, torch.ones([1, 2, 2, 2]), { lookup, training: true });
    expect(y!.numel()).toBe(8);
  });

  it('gives every output, also one that is the input or is read further', () => {
    const g = new GraphBuilder();
    const x = g.input([2], { name: 'x' });
    const middle = g.relu(x);
    const graph = g.build({ x, middle, y: g.add([middle, x]), again: middle });
    const input = torch.tensor([[-1, 2]]);
    const outputs = execute(graph, input, { lookup: () => input, training: true });
    expect(outputs.x).toBe(input);
    expect(outputs.again).toBe(outputs.middle);
    expect(outputs.middle!.tolist()).toEqual([[0, 2]]);
    expect(outputs.y!.tolist()).toEqual([[-1, 4]]);
  });

  it('passes a node by that hands on its input, without releasing it too early', () => {
    const graph = build([3], (g, x) => {
      const a = g.relu(x);
      const dropped = g.dropout(g.dropout(a, { p: 0.5 }), { p: 0.5 });
      return g.add([dropped, a]);
    });
    torch.scope(() => {
      const x = torch.tensor([[1, 2, 3]]);
      const { tensors } = torch.memory();
      const { y } = execute(graph, x, { lookup: () => x, training: false });
      expect(y!.tolist()).toEqual([[2, 4, 6]]);
      expect(torch.memory().tensors).toBe(tensors + 1);
    });
  });

  it.each([
    [torch.ones([3, 2, 4, 5]), /execute: input: expected \[N, 2, 4, 4\], got "\[3, 2, 4, 5\]"/],
    [torch.ones([2, 4, 4]), /execute: input: expected \[N, 2, 4, 4\]/],
    [torch.ones([3, 2, 4, 4], { dtype: 'int64' }), /conv2d: /],
  ])('refuses an input of another shape or kind: %s', (input, message) => {
    const parameters = dictionary(chain);
    expect(() => execute(chain, input, optionsFor(parameters))).toThrow(message);
  });

  it('needs a seed where a node draws in training', () => {
    const graph = build([2], (g, x) => g.dropout(x, { name: 'drop', p: 0.5 }));
    const x = torch.ones([1, 2]);
    expect(() => execute(graph, x, { lookup: () => x, training: true })).toThrow(
      /execute: seed: expected a function, got undefined; drop draws at random/,
    );
  });

  it('leaves nothing behind when a node fails', () => {
    torch.scope(() => {
      const x = inputOf(chain);
      const wrong = torch.ones([5, 5, 3, 3], { dtype: 'float64' });
      const before = torch.memory().tensors;
      expect(() =>
        torch.scope(() => execute(chain, x, { lookup: () => wrong, training: true })),
      ).toThrow(/conv2d/);
      expect(torch.memory().tensors).toBe(before);
    });
  });
});
