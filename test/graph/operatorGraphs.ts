import type { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { foldBatchNorm } from '../../src/graph/passes/foldBatchNorm.ts';
import { fused } from '../../src/graph/passes/fused.ts';
import { fuseSeparable } from '../../src/graph/passes/fuseSeparable.ts';
import { activations } from '../../src/graph/vocabulary/recurrent.ts';
import type { OpName } from '../../src/graph/vocabulary.ts';
import { build } from './running.ts';

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
export const graphs: {
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
