import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/graph/counts.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { hash } from '../../../src/graph/hash.ts';
import { liveNodes, liveParameters } from '../../../src/graph/live.ts';
import type { MacroArch, MacroLayer } from '../../../src/spaces/macro/arch.ts';
import { macro } from '../../../src/spaces/macro/index.ts';
import { type Merge, macroOptionsSchema } from '../../../src/spaces/macro/options.ts';
import { archOf, cifar, optionsOf, tasks } from './arbitrary.ts';

const layers = 6;

function create(options: object = {}) {
  return macro.create(macroOptionsSchema.parse({ layers, filters: 8, ...options }));
}

/** Six 3×3 convolutions, where not said otherwise. */
function archWith(changes: Readonly<Record<number, Partial<MacroLayer>>> = {}): MacroArch {
  const plain = { op: 'conv3x3', skips: [] } as const;
  return {
    space: 'macro',
    layers: Array.from({ length: layers }, (_, l) => ({ ...plain, ...changes[l] })),
  };
}

/** `op(name)` of the executed nodes under a path, in order. */
function executed(graph: Graph, under: string): string[] {
  const live = liveNodes(graph);
  return graph.nodes
    .filter((node, id) => live.has(id) && node.name.startsWith(`${under}/`))
    .map(({ op, name }) => `${op}(${name.slice(under.length + 1)})`);
}

function node(graph: Graph, name: string) {
  return graph.nodes.find((candidate) => candidate.name === name)!;
}

function inputsOf(graph: Graph, name: string): string[] {
  return node(graph, name).inputs.map((id) => graph.nodes[id]!.name);
}

describe('graphs of the macro space', () => {
  it('are well formed whatever the architecture, the options and the images', () => {
    fc.assert(
      fc.property(archOf(layers), optionsOf(layers), tasks, (arch, options, task) => {
        const space = macro.create(options);
        const graphs: [Graph, number][] = [
          [space.child(arch, task), options.filters],
          [space.fixed(arch, task), 4 * options.fixed.filters],
        ];
        for (const [graph, features] of graphs) {
          const names = graph.parameters.map(({ name }) => name);
          expect(new Set(names).size).toBe(names.length);
          graph.nodes.forEach(({ inputs, params }, id) => {
            expect(inputs.every((input) => input < id)).toBe(true);
            expect(params.every((name) => names.includes(name))).toBe(true);
          });
          const head = node(graph, 'linear');
          expect(head.shape).toEqual([task.classes]);
          expect(graph.nodes[graph.outputs.logits!]).toBe(head);
          expect(graph.nodes[head.inputs[0]!]!.shape).toEqual([features]);
          const sizes = graph.parameters.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
          expect(counts(graph).parameters).toBe(sizes.reduce((a, b) => a + b, 0));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('name only parameters of the union, with equal shapes and initialisation', () => {
    fc.assert(
      fc.property(archOf(layers), optionsOf(layers), (arch, options) => {
        const space = macro.create(options);
        const union = new Map(space.union(cifar).parameters.map((p) => [p.name, p]));
        for (const parameter of space.child(arch, cifar).parameters) {
          expect(union.get(parameter.name)).toEqual(parameter);
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each<[Merge, number]>([
    ['before', 1],
    ['after', 1],
    ['sum', 0],
  ])('share the parameters that a count by hand gives with merge %s', (merge, blocks) => {
    const c = 8;
    const bn = 2 * c;
    const project = c * c + bn;
    const separable = 9 * c + c * c + bn + (25 * c + c * c + bn);
    const ops = layers * (6 * project + (9 + 25) * c * c + 2 * bn + separable);
    const skip = blocks * (2 + 3 + 4 + 5 + 6) * c * c + 5 * bn;
    const reductions = (3 + 5) * (c * c + bn);
    const total = 27 * c + bn + ops + skip + reductions + 10 * c;
    const sizes = create({ merge })
      .union(cifar)
      .parameters.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(total);
  });

  it('differ in what they compute when architectures differ', () => {
    const space = create();
    fc.assert(
      fc.property(archOf(layers), archOf(layers), (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(hash(space.child(a, cifar)) === hash(space.child(b, cifar))).toBe(same);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the operators of a layer', () => {
  it.each([
    ['conv3x3', ['relu(relu-2)', 'conv2d(conv)', 'batchNorm(bn)']],
    ['conv5x5', ['relu(relu-2)', 'conv2d(conv)', 'batchNorm(bn)']],
    ['sep3x3', ['relu(relu-2)', 'conv2d(depthwise)', 'conv2d(pointwise)', 'batchNorm(bn)']],
    ['sep5x5', ['relu(relu-2)', 'conv2d(depthwise)', 'conv2d(pointwise)', 'batchNorm(bn)']],
    ['avgpool3x3', ['avgPool(avgPool)']],
    ['maxpool3x3', ['maxPool(maxPool)']],
  ] as const)('%s is relu – conv – batch norm after a 1×1 projection', (op, rest) => {
    const graph = create().child(archWith({ 0: { op } }), cifar);
    const projection = ['relu(relu)', 'conv2d(project)', 'batchNorm(projectBn)'];
    expect(executed(graph, `layer0/${op}`)).toEqual([...projection, ...rest]);
    const kernel = op.includes('5') ? 5 : 3;
    const main = graph.nodes.find(({ name }) =>
      /^layer0\/.*\/(conv|depthwise|avgPool|maxPool)$/.test(name),
    )!;
    expect(main.attrs.kernel).toBe(kernel);
    if (op.startsWith('sep')) expect(main.attrs.groups).toBe(8);
  });

  it('appear in a child only when they were sampled', () => {
    const graph = create().child(archWith({ 2: { op: 'sep5x5' } }), cifar);
    const names = graph.nodes.map(({ name }) => name).filter((name) => name.startsWith('layer2/'));
    expect(names.every((name) => name.startsWith('layer2/sep5x5/'))).toBe(true);
  });
});

describe('skip connections', () => {
  const arch = archWith({ 3: { skips: ['stem', 'layer1'] } });

  it('merge before the operator, with its predecessor, by one block for each source', () => {
    const graph = create({ merge: 'before' }).child(arch, cifar);
    const merge = node(graph, 'layer3/skip/conv');
    expect(merge.params).toEqual([
      'layer3/skip/from-stem',
      'layer3/skip/from-layer1',
      'layer3/skip/from-layer2',
    ]);
    // After the reduction that follows layer 1 they are the reduced outputs; layer2 came after it.
    expect(inputsOf(graph, 'layer3/skip/conv')).toEqual([
      'reduction1/stem/bn',
      'reduction1/layer1/bn',
      'layer2/conv3x3/bn',
    ]);
    expect(executed(graph, 'layer3/skip')).toEqual([
      'concatConv(conv)',
      'batchNorm(bn)',
      'relu(relu)',
    ]);
    // The merge ends in a ReLU, which is the one that the projection asks for.
    expect(inputsOf(graph, 'layer3/conv3x3/project')).toEqual(['layer3/skip/relu']);
    const block = graph.parameters.find(({ name }) => name === 'layer3/skip/from-stem')!;
    expect(block).toMatchObject({ shape: [8, 8, 1, 1], init: { kind: 'he', fanIn: 4 * 8 } });
  });

  it('need no merge before a layer that has a single input', () => {
    const graph = create({ merge: 'before' }).child(archWith(), cifar);
    expect(graph.nodes.some(({ part }) => part === 'skip')).toBe(false);
  });

  it('merge after the operator on every layer but the first', () => {
    const graph = create({ merge: 'after' }).child(arch, cifar);
    const merges = graph.nodes.filter(({ op }) => op === 'concatConv');
    expect(merges.map(({ inputs }) => inputs.length)).toEqual([1, 1, 3, 1, 1]);
    expect(node(graph, 'layer3/skip/conv').params[0]).toBe('layer3/skip/from-op');
    expect(inputsOf(graph, 'layer3/skip/conv')[0]).toBe('layer3/conv3x3/bn');
  });

  it('are summed and normalised on every layer but the first', () => {
    const graph = create({ merge: 'sum' }).child(arch, cifar);
    expect(graph.nodes.filter(({ part }) => part === 'skip').map(({ op }) => op)).toEqual([
      'batchNorm',
      'batchNorm',
      'add',
      'batchNorm',
      'batchNorm',
      'batchNorm',
    ]);
    expect(inputsOf(graph, 'layer3/skip/add')).toEqual([
      'layer3/conv3x3/bn',
      'reduction1/stem/bn',
      'reduction1/layer1/bn',
    ]);
  });
});

describe('reductions', () => {
  it('halve every output after layers L/3 − 1 and 2L/3 − 1, and only read ones are executed', () => {
    const space = macro.create(macroOptionsSchema.parse({}));
    const plain = { op: 'maxpool3x3', skips: [] } as const;
    const all = Array.from({ length: 12 }, () => plain);
    const arch: MacroArch = { space: 'macro', layers: all };
    const graph = space.child(arch, cifar);
    const reduced = graph.nodes.filter(
      ({ op, part }) => op === 'batchNorm' && part === 'reductions',
    );
    expect(reduced.map(({ name }) => name)).toEqual([
      ...['stem', 'layer0', 'layer1', 'layer2', 'layer3'].map((name) => `reduction1/${name}/bn`),
      ...['stem', ...Array.from({ length: 8 }, (_, l) => `layer${l}`)].map(
        (name) => `reduction2/${name}/bn`,
      ),
    ]);
    expect(reduced[0]!.shape).toEqual([36, 16, 16]);
    expect(reduced.at(-1)!.shape).toEqual([36, 8, 8]);
    expect(executed(graph, 'reduction1').every((name) => name.includes('layer3'))).toBe(true);
    expect(executed(graph, 'reduction2').every((name) => name.includes('layer7'))).toBe(true);
    expect(liveParameters(graph)).not.toContain('reduction1/stem/even/weight');
    expect(liveParameters(graph)).toContain('reduction1/layer3/even/weight');
  });

  it('take even and odd pixels, and keep all channels where their number is odd', () => {
    const graph = create({ filters: 5 }).child(archWith(), cifar);
    const parts = ['even', 'odd'].map((name) => node(graph, `reduction1/layer1/${name}`));
    expect(parts.map(({ shape }) => shape)).toEqual([
      [3, 16, 16],
      [2, 16, 16],
    ]);
    const offsets = parts.map(({ inputs }) => graph.nodes[inputs[0]!]!.attrs.offset);
    expect(offsets).toEqual([0, 1]);
  });
});

describe('a fixed network', () => {
  it('doubles its channels, keeps running statistics and merges as the search unless told otherwise', () => {
    const arch = archWith({ 3: { skips: ['stem'] } });
    const graph = create({ merge: 'sum', fixed: { filters: 6 } }).fixed(arch, cifar);
    expect(node(graph, 'reduction1/layer1/bn').shape).toEqual([12, 16, 16]);
    expect(node(graph, 'reduction2/layer3/bn').shape).toEqual([24, 8, 8]);
    expect(node(graph, 'stem/bn').buffers).toEqual(['stem/bn/runningMean', 'stem/bn/runningVar']);
    expect(node(graph, 'layer3/skip/add')).toBeDefined();
  });

  it('takes full convolutions and no skip batch norm when told so', () => {
    const fixed = { separable: 'full', skipBatchNorm: false, merge: 'after' };
    const graph = create({ fixed }).fixed(archWith({ 1: { op: 'sep5x5' } }), cifar);
    expect(node(graph, 'layer1/sep5x5/conv').attrs).toMatchObject({ kernel: 5, groups: 1 });
    const skips = graph.nodes.filter(({ part }) => part === 'skip');
    expect(skips.some(({ op }) => op === 'batchNorm')).toBe(false);
  });

  it('draws its dropout by the share to keep', () => {
    const graph = create({ keepProb: 0.75, fixed: { keepProb: 0.5 } });
    expect(node(graph.child(archWith(), cifar), 'dropout').attrs.p).toBe(0.25);
    expect(node(graph.fixed(archWith(), cifar), 'dropout').attrs.p).toBe(0.5);
  });
});
