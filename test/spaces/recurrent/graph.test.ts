import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/graph/counts.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { hash } from '../../../src/graph/hash.ts';
import { liveParameters } from '../../../src/graph/live.ts';
import type { RecurrentArch } from '../../../src/spaces/recurrent/arch.ts';
import { recurrent } from '../../../src/spaces/recurrent/index.ts';
import type { TextTask } from '../../../src/spaces/space.ts';
import { archOf, optionsOf } from './arbitrary.ts';
import { create } from './published.ts';

const nodes = 5;
const task: TextTask = { kind: 'text', vocabulary: 20 };
const noDropout = { input: 0, recurrent: 0, nodes: 0, output: 0 };

/** Nodes 2 and 3 read node 1, node 4 reads node 2, node 5 node 4: 3 and 5 are read by none. */
const arch: RecurrentArch = {
  space: 'recurrent',
  nodes: [
    { op: 'tanh' },
    { from: 'node1', op: 'relu' },
    { from: 'node1', op: 'sigmoid' },
    { from: 'node2', op: 'identity' },
    { from: 'node4', op: 'tanh' },
  ],
};

const plain = (changes: object = {}) =>
  create({ nodes, hidden: 3, dropout: noDropout, ...changes });

const node = (graph: Graph, name: string) => graph.nodes.find((each) => each.name === name)!;
const inputsOf = (graph: Graph, name: string) =>
  node(graph, name).inputs.map((id) => graph.nodes[id]!.name);
const names = (graph: Graph) => graph.parameters.map(({ name }) => name);

describe('networks of any architecture', () => {
  it('have logits over the vocabulary, a hidden output, and a state for each layer', () => {
    fc.assert(
      fc.property(optionsOf(nodes), archOf(nodes, 'tanh'), (options, any) => {
        const space = recurrent.create(options);
        const graphs: [Graph, { hidden: number; layers: number }][] = [
          [space.child(any, task), options],
          [space.fixed(any, task), options.fixed],
        ];
        for (const [graph, { hidden, layers }] of graphs) {
          expect(graph.nodes[graph.outputs.logits!]!.shape).toEqual([task.vocabulary]);
          expect(graph.nodes[graph.outputs.hidden!]!.shape).toEqual([hidden]);
          expect(graph.states.map(({ name }) => name)).toEqual(
            Array.from({ length: layers }, (_, l) => `layer${l}`),
          );
          expect(liveParameters(graph)).toEqual(names(graph));
          const sizes = graph.parameters.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
          expect(counts(graph).parameters).toBe(sizes.reduce((a, b) => a + b, 0));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('name only parameters of the union, with equal shapes and initialisation', () => {
    fc.assert(
      fc.property(optionsOf(nodes), archOf(nodes, 'tanh'), (options, any) => {
        const space = recurrent.create(options);
        const union = new Map(space.union(task).parameters.map((p) => [p.name, p]));
        for (const parameter of space.child(any, task).parameters) {
          expect(union.get(parameter.name)).toEqual(parameter);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('differ in what they compute when architectures differ', () => {
    const space = plain();
    fc.assert(
      fc.property(archOf(nodes), archOf(nodes), (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(hash(space.child(a, task)) === hash(space.child(b, task))).toBe(same);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the shared parameters', () => {
  it('are a pair of matrices for each edge, the embedding and the batch norm', () => {
    const union = plain({ nodes: 3 }).union(task).parameters;
    expect(union.map(({ name, shape }) => `${name} ${shape.join('×')}`).sort()).toEqual([
      'embedding 20×3',
      'layer0/bn/beta 3',
      'layer0/bn/gamma 3',
      'layer0/node1/h/c 3×3',
      'layer0/node1/h/h 3×3',
      'layer0/node1/x/c 3×3',
      'layer0/node1/x/h 3×3',
      'layer0/node2/from1/c 3×3',
      'layer0/node2/from1/h 3×3',
      'layer0/node3/from1/c 3×3',
      'layer0/node3/from1/h 3×3',
      'layer0/node3/from2/c 3×3',
      'layer0/node3/from2/h 3×3',
    ]);
  });

  it.each([
    [{}, 2 + 10],
    [{ weights: 'edgeAndFunction' }, 4 * (2 + 10)],
    [{ weights: 'edgeAndFunction', firstNode: 'tanh' }, 2 + 4 * 10],
    [{ layers: 3 }, 3 * (2 + 10)],
  ])('with %j are %i pairs', (changes, pairs) => {
    const union = plain({ ...changes, batchNorm: false }).union(task).parameters;
    const matrices = union.filter(({ name }) => name !== 'embedding');
    expect(matrices.length).toBe(2 * pairs);
    expect(matrices.every(({ shape }) => String(shape) === '3,3')).toBe(true);
  });

  it('have a softmax of their own where it is not tied', () => {
    expect(names(plain({ tied: false }).child(arch, task))).toContain('softmax');
    expect(names(plain().child(arch, task))).not.toContain('softmax');
  });

  it('begin uniform, in a smaller range in a search than in a fixed network', () => {
    const ranges = (graph: Graph) =>
      new Set(
        graph.parameters
          .filter(({ shape }) => shape.length > 1)
          .map(({ init }) => JSON.stringify(init)),
      );
    const uniform = (range: number) =>
      new Set([JSON.stringify({ kind: 'uniform', low: -range, high: range })]);
    expect(ranges(plain().child(arch, task))).toEqual(uniform(0.025));
    expect(ranges(plain().fixed(arch, task))).toEqual(uniform(0.04));
  });
});

describe('the cell', () => {
  const graph = plain().child(arch, task);

  it('is a highway unit for each node, over the node it reads', () => {
    expect(inputsOf(graph, 'layer0/node1')).toEqual(['layer0/node1/sum']);
    expect(inputsOf(graph, 'layer0/node1/sum')).toEqual(['layer0/node1/x', 'layer0/node1/h']);
    expect(inputsOf(graph, 'layer0/node1/x')).toEqual(['embedding']);
    expect(inputsOf(graph, 'layer0/node1/h')).toEqual(['layer0']);
    expect(inputsOf(graph, 'layer0/node4')).toEqual(['layer0/node4/from2', 'layer0/node2']);
    expect(inputsOf(graph, 'layer0/node4/from2')).toEqual(['layer0/node2']);
    expect(node(graph, 'layer0/node4/from2').params).toEqual([
      'layer0/node4/from2/c',
      'layer0/node4/from2/h',
    ]);
    expect(node(graph, 'layer0/node3').attrs.activation).toBe('sigmoid');
  });

  it('averages the nodes that no other reads, then normalises, and goes on with its last node', () => {
    expect(inputsOf(graph, 'layer0/mean')).toEqual(['layer0/node3', 'layer0/node5']);
    expect(inputsOf(graph, 'layer0/bn')).toEqual(['layer0/mean']);
    expect(node(graph, 'layer0/bn').attrs.statistics).toBe('batch');
    expect(inputsOf(graph, 'softmax')).toEqual(['layer0/bn']);
    expect(graph.nodes[graph.states[0]!.next]!.name).toBe('layer0/node5');
  });

  it('has no batch norm in a fixed network unless asked for, then with statistics of its own', () => {
    const fixed = plain().fixed(arch, task);
    expect(fixed.nodes.some(({ op }) => op === 'batchNorm')).toBe(false);
    const asked = plain({ fixed: { batchNorm: true } }).fixed(arch, task);
    expect(node(asked, 'layer0/bn').attrs.statistics).toBe('running');
  });

  it('is as in the released code where told so', () => {
    const released = plain({
      firstCarry: true,
      output: 'all',
      recurrentInput: 'output',
      weights: 'edgeAndFunction',
      batchNorm: false,
    }).child(arch, task);
    expect(inputsOf(released, 'layer0/node1')).toEqual(['layer0/node1/sum', 'layer0']);
    expect(inputsOf(released, 'layer0/mean')).toEqual(
      [2, 3, 4, 5].map((number) => `layer0/node${number}`),
    );
    expect(graph.nodes.length).toBe(released.nodes.length + 1);
    expect(released.nodes[released.states[0]!.next]!.name).toBe('layer0/mean');
    expect(node(released, 'layer0/node2/from1').params[0]).toBe('layer0/node2/from1/relu/c');
  });

  it('stands in layers, each reading the one below', () => {
    const deep = plain({ layers: 3 }).child(arch, task);
    expect(inputsOf(deep, 'layer1/node1/x')).toEqual(['layer0/bn']);
    expect(inputsOf(deep, 'layer2/node1/x')).toEqual(['layer1/bn']);
    expect(inputsOf(deep, 'softmax')).toEqual(['layer2/bn']);
  });
});

describe('dropout', () => {
  const dropout = { input: 0.1, recurrent: 0.2, nodes: 0.3, output: 0.4 };

  it('falls on what each layer reads, on the last step, on what nodes read, and on the output', () => {
    const graph = plain({ dropout, layers: 2 }).child(arch, task);
    const rates = graph.nodes
      .filter(({ op }) => op === 'dropout')
      .map(({ name, attrs }) => `${name} ${attrs.p}`);
    const layer = (l: number) => [
      `layer${l}/dropout 0.1`,
      `layer${l}/node1/dropout 0.2`,
      ...[2, 3, 4, 5].map((number) => `layer${l}/node${number}/dropout 0.3`),
    ];
    expect(rates).toEqual([...layer(0), ...layer(1), 'dropout 0.4']);
    expect(graph.nodes[graph.outputs.hidden!]!.name).toBe('dropout');
    // The matrices read what was dropped, the highway carries what was not.
    expect(inputsOf(graph, 'layer0/node4/from2')).toEqual(['layer0/node4/dropout']);
    expect(inputsOf(graph, 'layer0/node4')).toEqual(['layer0/node4/from2', 'layer0/node2']);
  });

  it('is variational unless told otherwise, and has rates of its own in a fixed network', () => {
    const isVariational = (graph: Graph) =>
      graph.nodes.filter(({ op }) => op === 'dropout').map(({ attrs }) => attrs.variational);
    expect(new Set(isVariational(plain({ dropout }).child(arch, task)))).toEqual(new Set([true]));
    const single = plain({ dropout, variational: false }).child(arch, task);
    expect(new Set(isVariational(single))).toEqual(new Set([false]));
    const fixed = plain({ fixed: { dropout: { ...noDropout, output: 0.5 } } }).fixed(arch, task);
    expect(isVariational(fixed)).toEqual([true]);
    expect(node(fixed, 'dropout').attrs.p).toBe(0.5);
  });
});
