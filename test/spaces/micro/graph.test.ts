import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/graph/counts.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { hash } from '../../../src/graph/hash.ts';
import { liveNodes } from '../../../src/graph/live.ts';
import type { Block, MicroArch } from '../../../src/spaces/micro/arch.ts';
import { microOps } from '../../../src/spaces/micro/decisions.ts';
import { micro } from '../../../src/spaces/micro/index.ts';
import { microOptionsSchema } from '../../../src/spaces/micro/options.ts';
import type { ImageTask } from '../../../src/spaces/space.ts';
import { archOf, cifar, optionsOf, tasks } from './arbitrary.ts';

const blocks = 3;

function create(options: object = {}) {
  return micro.create(microOptionsSchema.parse({ layers: 3, filters: 4, blocks, ...options }));
}

const plain: Block = { inputs: ['input0', 'input1'], ops: ['maxpool3x3', 'maxpool3x3'] };

/** Three blocks of two max-poolings of the inputs in each cell, where not said otherwise. */
function archWith(
  normal: readonly Partial<Block>[] = [],
  reduce: readonly Partial<Block>[] = [],
): MicroArch {
  const cell = (changes: readonly Partial<Block>[]) =>
    Array.from({ length: blocks }, (_, b) => ({ ...plain, ...changes[b] }));
  return { space: 'micro', normal: cell(normal), reduce: cell(reduce) };
}

function node(graph: Graph, name: string) {
  return graph.nodes.find((candidate) => candidate.name === name)!;
}

function inputsOf(graph: Graph, name: string): string[] {
  return node(graph, name).inputs.map((id) => graph.nodes[id]!.name);
}

/** `op(name)` of the nodes under a path, in order. */
function under(graph: Graph, path: string): string[] {
  return graph.nodes
    .filter(({ name }) => name.startsWith(`${path}/`))
    .map(({ op, name }) => `${op}(${name.slice(path.length + 1)})`);
}

describe('graphs of the micro space', () => {
  it('are well formed whatever the architecture, the options and the images', () => {
    fc.assert(
      fc.property(archOf(blocks), optionsOf(blocks), tasks, (arch, options, task) => {
        const space = micro.create(options);
        const [child, fixed] = [space.child(arch, task), space.fixed(arch, task)];
        for (const graph of [child, fixed]) {
          const names = graph.parameters.map(({ name }) => name);
          expect(new Set(names).size).toBe(names.length);
          // Every node is executed: nothing is in the graph that was not sampled.
          expect(liveNodes(graph).size).toBe(graph.nodes.length);
          graph.nodes.forEach(({ inputs }, id) => {
            expect(inputs.every((input) => input < id)).toBe(true);
          });
          const head = node(graph, 'linear');
          expect(head.shape).toEqual([task.classes]);
          expect(graph.nodes[graph.outputs.logits!]).toBe(head);
          const sizes = graph.parameters.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
          expect(counts(graph).parameters).toBe(sizes.reduce((a, b) => a + b, 0));
        }
        expect(graphOutputs(child)).toEqual([['logits', [task.classes]]]);
        expect(graphOutputs(fixed)).toEqual([
          ['logits', [task.classes]],
          ['auxiliary', [task.classes]],
        ]);
        const features = inputsOf(child, 'linear')[0]!;
        expect(node(child, features).shape).toEqual([4 * options.filters]);
      }),
      { numRuns: 15 },
    );
  });

  function graphOutputs(graph: Graph) {
    return Object.entries(graph.outputs).map(([name, id]) => [name, graph.nodes[id]!.shape]);
  }

  it('name only parameters of the union, with equal shapes and initialisation', () => {
    fc.assert(
      fc.property(archOf(blocks), optionsOf(blocks), tasks, (arch, options, task) => {
        const space = micro.create(options);
        const union = new Map(space.union(task).parameters.map((p) => [p.name, p]));
        for (const parameter of space.child(arch, task).parameters) {
          expect(union.get(parameter.name)).toEqual(parameter);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('share the parameters that a count by hand gives', () => {
    const space = create({ layers: 1 });
    // Cells 0 and 1 reduce, cell 2 does not; channels 8, 16, 16.
    const pointwise = (from: number, to: number) => from * to + 2 * to;
    const separables = (c: number) => 2 * ((9 + 25) * c + 2 * c * c + 4 * c);
    // Edges of three blocks: two sides each, from 2, 3 and 4 nodes.
    const cell = (c: number) => 2 * (2 + 3 + 4) * separables(c) + 5 * c * c + 2 * c;
    // Identities of the inputs at stride 2, and the inputs where no block reads them.
    const reducing = (c: number) => (2 * 3 * 2 + 2) * pointwise(c, c);
    const total =
      29 * 12 +
      (2 * pointwise(12, 8) + cell(8) + reducing(8)) +
      (pointwise(12, 16) + pointwise(8, 16) + cell(16) + reducing(16)) +
      (pointwise(8, 16) + cell(16)) +
      10 * 16;
    const sizes = space
      .union(cifar)
      .parameters.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(total);
  });

  it('differ in what they compute when architectures differ', () => {
    const space = create({ layers: 1 });
    fc.assert(
      fc.property(archOf(blocks), archOf(blocks), (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(hash(space.child(a, cifar)) === hash(space.child(b, cifar))).toBe(same);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the operators of a block', () => {
  const once = (i: number) => [
    `relu(${i}/relu)`,
    `conv2d(${i}/depthwise)`,
    `conv2d(${i}/pointwise)`,
    `batchNorm(${i}/bn)`,
  ];
  const reduced = ['subsample(subsample)', 'conv2d(even)', 'subsample(subsample-2)'];
  it.each([
    ['sep3x3', [...once(1), ...once(2)], [...once(1), ...once(2)]],
    ['sep5x5', [...once(1), ...once(2)], [...once(1), ...once(2)]],
    ['avgpool3x3', ['avgPool(avgPool)'], ['avgPool(avgPool)']],
    ['maxpool3x3', ['maxPool(maxPool)'], ['maxPool(maxPool)']],
    ['identity', [], [...reduced, 'conv2d(odd)', 'concat(concat)', 'batchNorm(bn)']],
  ] as const)(
    '%s is what appendix B says, and halves the inputs of a reduction cell',
    (op, stride1, stride2) => {
      const block: Block = { inputs: ['input0', 'input1'], ops: [op, 'maxpool3x3'] };
      const graph = create().child(archWith([block], [block]), cifar);
      const path = (cell: number) => `cell${cell}/node2/a/from-input0/${op}`;
      expect(under(graph, path(0))).toEqual(stride1);
      expect(under(graph, path(1))).toEqual(stride2);
      expect(node(graph, 'cell0/node2/add').shape).toEqual([4, 32, 32]);
      expect(node(graph, 'cell1/node2/add').shape).toEqual([8, 16, 16]);
      if (!op.startsWith('sep')) return;
      const kernel = Number(op.at(-1));
      const depthwise = (cell: number, i: number) =>
        node(graph, `${path(cell)}/${i}/depthwise`).attrs;
      expect(depthwise(0, 1)).toMatchObject({ kernel, stride: 1, groups: 4 });
      expect(depthwise(1, 1)).toMatchObject({ kernel, stride: 2, groups: 8 });
      expect(depthwise(1, 2)).toMatchObject({ kernel, stride: 1 });
    },
  );

  it('have stride 1 on blocks, in a reduction cell too', () => {
    const reduce = [{}, { inputs: ['node2', 'input1'], ops: ['identity', 'avgpool3x3'] }] as const;
    const graph = create().child(archWith([], reduce), cifar);
    expect(inputsOf(graph, 'cell1/node3/add')).toEqual([
      'cell1/node2/add',
      'cell1/node3/b/from-input1/avgpool3x3/avgPool',
    ]);
  });

  it('appear in a child only when they were sampled', () => {
    const normal = [{ inputs: ['input1', 'input0'], ops: ['sep5x5', 'identity'] }] as const;
    const graph = create().child(archWith(normal), cifar);
    const names = under(graph, 'cell2/node2').filter((name) => name.includes('/'));
    expect(names.every((name) => name.includes('a/from-input1/sep5x5/'))).toBe(true);
    const others = microOps.filter((op) => op !== 'sep5x5');
    const params = graph.parameters.map(({ name }) => name).filter((name) => /node2/.test(name));
    expect(params.some((name) => others.some((op) => name.includes(op)))).toBe(false);
    expect(params).toContain('cell2/node2/a/from-input1/sep5x5/1/depthwise/weight');
  });

  it('may both be identities of one node', () => {
    const normal = [{ inputs: ['input1', 'input1'], ops: ['identity', 'identity'] }] as const;
    const graph = create().child(archWith(normal), cifar);
    const [a, b] = inputsOf(graph, 'cell2/node2/add');
    expect(a).toBe(b);
  });
});

describe('the output of a cell', () => {
  const normal = [{}, { inputs: ['node2', 'node2'] }, { inputs: ['input0', 'input0'] }] as const;

  it('is in a child the loose ends through ReLU, one 1×1 weight for each node, batch norm', () => {
    const graph = create().child(archWith(normal), cifar);
    expect(node(graph, 'cell0/combine/conv').params).toEqual([
      'cell0/combine/from-node3',
      'cell0/combine/from-node4',
    ]);
    expect(under(graph, 'cell0/combine')).toEqual([
      'relu(relu)',
      'relu(relu-2)',
      'concatConv(conv)',
      'batchNorm(bn)',
    ]);
    const weight = graph.parameters.find(({ name }) => name === 'cell0/combine/from-node3')!;
    // As a slice of the weight over all five nodes.
    expect(weight).toMatchObject({ shape: [4, 4, 1, 1], init: { kind: 'he', fanIn: 5 * 4 } });
  });

  it('is in a fixed network their concatenation alone', () => {
    const graph = create({ fixed: { layers: 3, filters: 4 } }).fixed(archWith(normal), cifar);
    expect(under(graph, 'cell0/combine')).toEqual(['concat(concat)']);
    expect(inputsOf(graph, 'cell0/combine/concat')).toEqual(['cell0/node3/add', 'cell0/node4/add']);
    expect(node(graph, 'cell0/combine/concat').shape).toEqual([8, 32, 32]);
  });

  it('has an input that no block reads, halved in a reduction cell', () => {
    const inputs = ['input1', 'input1'] as const;
    const cell = [{ inputs }, { inputs }, { inputs }];
    const graph = create().child(archWith(cell, cell), cifar);
    expect(node(graph, 'cell0/combine/conv').params[0]).toBe('cell0/combine/from-input0');
    expect(under(graph, 'cell0/combine/input0')).toEqual([]);
    expect(node(graph, 'cell1/combine/input0/bn').shape).toEqual([8, 16, 16]);
    expect(node(graph, 'cell1/combine/conv').params[0]).toBe('cell1/combine/from-input0');
  });
});

describe('the inputs of a cell', () => {
  const normals = { layers: 6, filters: 4 };

  it('are calibrated in a child where channels or sizes differ, and else left alone', () => {
    const graph = create(normals).child(archWith(), cifar);
    const calibrated = graph.nodes
      .filter(({ op, part }) => op === 'batchNorm' && part === 'calibration')
      .map(({ name, shape }) => `${name} ${shape.join('×')}`);
    expect(calibrated).toEqual([
      // The stem has three times the channels; cells 2 and 5 reduce.
      'cell0/input0/bn 4×32×32',
      'cell0/input1/bn 4×32×32',
      'cell1/input0/bn 4×32×32',
      'cell2/input0/bn 8×32×32',
      'cell2/input1/bn 8×32×32',
      'cell3/input0/bn 8×16×16',
      'cell5/input0/bn 16×16×16',
      'cell5/input1/bn 16×16×16',
      'cell6/input0/bn 16×8×8',
    ]);
    expect(under(graph, 'cell2/input0')).toEqual(['relu(relu)', 'conv2d(conv)', 'batchNorm(bn)']);
    expect(under(graph, 'cell3/input0').map((name) => name.replace(/\(.*/, ''))).toEqual([
      'relu',
      'subsample',
      'conv2d',
      'subsample',
      'conv2d',
      'concat',
      'batchNorm',
    ]);
  });

  it('have a base convolution of the last cell’s output in every cell of a fixed network', () => {
    const graph = create({ fixed: normals }).fixed(archWith(), cifar);
    for (let cell = 0; cell < 8; cell++) {
      expect(under(graph, `cell${cell}/base`)).toEqual([
        'relu(relu)',
        'conv2d(conv)',
        'batchNorm(bn)',
      ]);
    }
  });
});

describe('a fixed network', () => {
  const fixed = { layers: 4, filters: 4, keepProb: 0.8, dropPathKeep: 0.7 };

  it('drops paths more often the deeper they are, and never an identity', () => {
    const block: Block = { inputs: ['input0', 'input1'], ops: ['sep3x3', 'identity'] };
    const graph = create({ fixed }).fixed(archWith([block], [block]), cifar);
    const drops = graph.nodes.filter(({ op }) => op === 'dropPath');
    expect(drops).toHaveLength(6 * (6 - 1));
    for (const { name, attrs } of drops) {
      const cell = Number(name.match(/^cell(\d+)/)![1]);
      expect(attrs.p).toBeCloseTo(((cell + 1) / 6) * 0.3, 12);
      expect(name).not.toMatch(/node2\/b/);
    }
    expect(node(graph, 'dropout').attrs.p).toBeCloseTo(0.2, 12);
  });

  it('has no drop-path with a keep probability of 1, nor has a child', () => {
    const space = create({ fixed: { ...fixed, dropPathKeep: 1 } });
    for (const graph of [space.fixed(archWith(), cifar), create().child(archWith(), cifar)]) {
      expect(graph.nodes.some(({ op }) => op === 'dropPath')).toBe(false);
    }
  });

  it('keeps running statistics, a child none', () => {
    const space = create({ fixed });
    const [graph, child] = [space.fixed(archWith(), cifar), space.child(archWith(), cifar)];
    const norms = graph.nodes.filter(({ op }) => op === 'batchNorm');
    expect(norms.every(({ buffers }) => buffers.length === 2)).toBe(true);
    expect(child.buffers).toEqual([]);
  });

  it('has its auxiliary head after the cell that follows the second reduction', () => {
    const graph = create({ fixed }).fixed(archWith(), cifar);
    // Cells 1 and 3 of six reduce.
    const head = under(graph, 'auxiliary');
    expect(inputsOf(graph, 'auxiliary/relu')).toEqual(['cell4/combine/concat']);
    expect(head.map((name) => name.replace(/\(.*/, ''))).toEqual([
      'relu',
      'avgPool',
      'conv2d',
      'batchNorm',
      'relu',
      'conv2d',
      'batchNorm',
      'relu',
      'globalAvgPool',
      'linear',
    ]);
    expect(node(graph, 'auxiliary/avgPool')).toMatchObject({
      attrs: { kernel: 5, stride: 3, padding: 0 },
      shape: [48, 2, 2],
    });
    expect(node(graph, 'auxiliary/conv')).toMatchObject({
      attrs: { kernel: 2 },
      shape: [768, 1, 1],
    });
    expect(
      new Set(graph.nodes.filter(({ name }) => name.startsWith('auxiliary/')).map((n) => n.part)),
    ).toEqual(new Set(['auxiliary']));
  });

  it('goes without an auxiliary head when told so', () => {
    const graph = create({ fixed: { ...fixed, auxiliary: false } }).fixed(archWith(), cifar);
    expect(Object.keys(graph.outputs)).toEqual(['logits']);
    expect(under(graph, 'auxiliary')).toEqual([]);
  });
});

describe('images that are too small', () => {
  const task = (height: number, width: number): ImageTask => ({ ...cifar, height, width });

  it('for the auxiliary head are refused, with what to do', () => {
    const fixed = { layers: 2, filters: 2 };
    expect(() => create({ fixed }).fixed(archWith(), task(32, 16))).toThrow(
      'micro network: expected images of at least 17×17 pixels, for its auxiliary head, got "32×16"; set fixed.auxiliary to false',
    );
    expect(() => create({ fixed }).fixed(archWith(), task(17, 17))).not.toThrow();
    const without = create({ fixed: { ...fixed, auxiliary: false } });
    expect(() => without.fixed(archWith(), task(8, 8))).not.toThrow();
  });

  it('for two reductions are refused in the search too', () => {
    expect(() => create().child(archWith(), task(2, 8))).toThrow(
      'micro network: expected images of at least 3×3 pixels, which two reductions halve twice, got "2×8"; give larger images',
    );
    const graph = create().child(archWith(), task(3, 3));
    expect(node(graph, 'cell4/combine/bn').shape).toEqual([16, 1, 1]);
  });
});
