import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { execute } from '../../../src/graph/execute.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { hash } from '../../../src/graph/hash.ts';
import { liveNodes, liveParameters } from '../../../src/graph/live.ts';
import { archOf, type NasBench201Arch } from '../../../src/spaces/nasbench201/arch.ts';
import { nasBench201 } from '../../../src/spaces/nasbench201/index.ts';
import { nasBench201OptionsSchema } from '../../../src/spaces/nasbench201/options.ts';
import * as torch from '../../../src/torch/index.ts';
import { allOf, archs, cifar, tasks } from './arbitrary.ts';

const small = { filters: 4, cells: 1 };

function create(options: object = {}) {
  return nasBench201.create(nasBench201OptionsSchema.parse({ ...small, fixed: small, ...options }));
}

const mixed = archOf([
  'nor_conv_3x3',
  'none',
  'avg_pool_3x3',
  'nor_conv_1x1',
  'skip_connect',
  'skip_connect',
]);

/** What the executed nodes of a graph are, under a path. */
function executed(graph: Graph, under: string): string[] {
  const live = liveNodes(graph);
  return graph.nodes
    .filter(({ name }, id) => live.has(id) && name.startsWith(under))
    .map(({ name, op }) => `${op}(${name.slice(under.length)})`);
}

/** Logits of a network whose parameters are drawn from a seed, scales and shifts too. */
function logits(graph: Graph, images: torch.Tensor): number[][] {
  const values = new Map(
    graph.parameters.map(({ name, shape }, i) => [
      name,
      torch.normal(shape, { std: 0.5, seed: i + 1 }),
    ]),
  );
  for (const { name, shape, value } of graph.buffers) values.set(name, torch.full(shape, value));
  const lookup = (name: string) => values.get(name)!;
  return execute(graph, images, { lookup, training: true }).logits!.tolist() as number[][];
}

describe('a cell', () => {
  it('is, at each node, the sum of its operators on earlier nodes', () => {
    expect(executed(create().child(mixed, cifar), 'stage0/cell0/')).toEqual([
      'relu(node1/from-node0/nor_conv_3x3/relu)',
      'conv2d(node1/from-node0/nor_conv_3x3/conv)',
      'batchNorm(node1/from-node0/nor_conv_3x3/bn)',
      'avgPool(node2/from-node1/avg_pool_3x3)',
      'relu(node3/from-node0/nor_conv_1x1/relu)',
      'conv2d(node3/from-node0/nor_conv_1x1/conv)',
      'batchNorm(node3/from-node0/nor_conv_1x1/bn)',
      'add(node3/add)',
    ]);
    const { nodes } = create().child(mixed, cifar);
    const sum = nodes.find(({ name }) => name === 'stage0/cell0/node3/add')!;
    expect(sum.inputs.map((id) => nodes[id]!.name)).toEqual([
      'stage0/cell0/node3/from-node0/nor_conv_1x1/bn',
      'stage0/cell0/node1/from-node0/nor_conv_3x3/bn',
      'stage0/cell0/node2/from-node1/avg_pool_3x3',
    ]);
  });

  it('of skip connections alone is four times its input', () => {
    const { nodes } = create().child(allOf('skip_connect'), cifar);
    const times = (id: number): number =>
      nodes[id]!.op === 'add' ? nodes[id]!.inputs.reduce((sum, x) => sum + times(x), 0) : 1;
    const output = nodes.findIndex(({ name }) => name === 'stage0/cell0/node3/add');
    expect(times(output)).toBe(4);
  });

  it('stands as often as asked in each of three stages, whose channels double', () => {
    const { nodes } = create({ filters: 3, cells: 2 }).child(mixed, cifar);
    const sums = nodes.filter(({ name }) => name.endsWith('/node3/add'));
    expect(sums.map(({ name, shape }) => [name.slice(0, 12), shape])).toEqual([
      ['stage0/cell0', [3, 32, 32]],
      ['stage0/cell1', [3, 32, 32]],
      ['stage1/cell0', [6, 16, 16]],
      ['stage1/cell1', [6, 16, 16]],
      ['stage2/cell0', [12, 8, 8]],
      ['stage2/cell1', [12, 8, 8]],
    ]);
  });
});

describe('the residual block between stages', () => {
  it('has two 3×3 convolutions beside an average pooling and a convolution without batch norm', () => {
    const graph = create().child(mixed, cifar);
    expect(executed(graph, 'reduction1/')).toEqual([
      'relu(a/relu)',
      'conv2d(a/conv)',
      'batchNorm(a/bn)',
      'relu(b/relu)',
      'conv2d(b/conv)',
      'batchNorm(b/bn)',
      'avgPool(shortcut/avgPool)',
      'conv2d(shortcut/conv)',
      'add(add)',
    ]);
    const pool = graph.nodes.find(({ name }) => name === 'reduction1/shortcut/avgPool')!;
    expect(pool.attrs).toEqual({ kernel: 2, stride: 2, padding: 0 });
  });

  it('fits images of any size', () => {
    fc.assert(
      fc.property(archs, tasks, (arch, task) => {
        const { nodes, outputs } = create().fixed(arch, task);
        expect(nodes[outputs.logits!]!.shape).toEqual([task.classes]);
      }),
    );
  });
});

describe('a child', () => {
  it('names only parameters of the union, with their shapes, and has batch statistics', () => {
    const space = create();
    const union = new Map(space.union(cifar).parameters.map((p) => [p.name, p]));
    const named = new Set<string>();
    fc.assert(
      fc.property(archs, (arch) => {
        const graph = space.child(arch, cifar);
        for (const parameter of graph.parameters) {
          expect(union.get(parameter.name)).toEqual(parameter);
          named.add(parameter.name);
        }
        expect(graph.buffers).toEqual([]);
      }),
    );
    expect(named.size).toBe(union.size);
  });

  it('shares its names by cell, edge and operator', () => {
    const names = create()
      .child(mixed, cifar)
      .parameters.map(({ name }) => name);
    expect(names).toContain('stage2/cell0/node3/from-node0/nor_conv_1x1/conv/weight');
    expect(names).toContain('stage2/cell0/node1/from-node0/nor_conv_3x3/bn/gamma');
  });

  it('touches no parameter of an operator whose result nobody reads', () => {
    const dead = archOf(['nor_conv_3x3', 'none', 'none', 'skip_connect', 'none', 'none']);
    const touched = liveParameters(create().child(dead, cifar));
    expect(touched.filter((name) => name.startsWith('stage'))).toEqual([]);
  });

  it('has dropout where a share below 1 is kept', () => {
    const ops = (keepProb: number) =>
      create({ keepProb })
        .child(mixed, cifar)
        .nodes.map(({ op }) => op);
    expect(ops(1)).not.toContain('dropout');
    expect(ops(0.8)).toContain('dropout');
  });
});

describe('a network from scratch', () => {
  it('keeps running statistics and has its own filters and cells', () => {
    const graph = create({ fixed: { filters: 6, cells: 2 } }).fixed(mixed, cifar);
    const norms = graph.nodes.filter(({ op }) => op === 'batchNorm');
    expect(norms.every(({ attrs }) => attrs.statistics === 'running')).toBe(true);
    expect(graph.nodes.find(({ name }) => name === 'stem/conv')!.shape).toEqual([6, 32, 32]);
    expect(graph.nodes.some(({ name }) => name === 'stage2/cell1/node3/add')).toBe(true);
  });

  it('of a cell and of that with its nodes 1 and 2 exchanged is the same function', () => {
    const cell = archOf(['nor_conv_1x1', 'avg_pool_3x3', 'none', 'none', 'skip_connect', 'none']);
    const space = create();
    const exchanged = archOf([
      'avg_pool_3x3',
      'nor_conv_1x1',
      'none',
      'none',
      'none',
      'skip_connect',
    ]);
    const rename = (graph: Graph): Graph =>
      JSON.parse(JSON.stringify(graph).replaceAll('node2/', 'node1/')) as Graph;
    expect(hash(rename(space.fixed(exchanged, cifar)))).toBe(
      hash(rename(space.fixed(cell, cifar))),
    );
  });
});

describe('a cell whose output depends on nothing', () => {
  const task = { ...cifar, height: 8, width: 8 };
  const images = torch.normal([3, 3, 8, 8], { seed: 1 });

  /** Whether the logits are those of any other image, and numbers. */
  function constant(arch: NasBench201Arch): boolean {
    const rows = logits(create().child(arch, task), images);
    expect(rows.flat().every(Number.isFinite)).toBe(true);
    return rows.every((row) => row.every((value, i) => Math.abs(value - rows[0]![i]!) < 1e-5));
  }

  it.each([
    ['no edge at all', allOf('none')],
    [
      'no edge to its output',
      archOf(['nor_conv_3x3', 'skip_connect', 'none', 'none', 'none', 'none']),
    ],
    [
      'no edge from its input',
      archOf(['none', 'none', 'nor_conv_3x3', 'none', 'avg_pool_3x3', 'nor_conv_1x1']),
    ],
  ])('because it has %s is a network that gives every image the same', (_, arch) => {
    expect(constant(arch)).toBe(true);
    expect(constant(allOf('skip_connect'))).toBe(false);
  });

  it('is zero: a convolution reads it as it reads zeros, and gives its own shift', () => {
    const arch = archOf(['none', 'none', 'none', 'none', 'none', 'nor_conv_1x1']);
    const graph = create().child(arch, task);
    const byName = new Map(graph.nodes.map((node, id) => [node.name, id]));
    const shift = graph.parameters.find(({ name }) =>
      name.startsWith('stage0/cell0/node3/from-node2/nor_conv_1x1/bn/beta'),
    )!;
    const values = new Map(
      graph.parameters.map(({ name, shape }, i) => [name, torch.normal(shape, { seed: i + 1 })]),
    );
    const output = byName.get('stage0/cell0/node3/from-node2/nor_conv_1x1/bn')!;
    const { cell } = execute({ ...graph, outputs: { cell: output } }, images, {
      lookup: (name) => values.get(name)!,
      training: true,
    });
    const beta = values.get(shift.name)!.reshape([1, 4, 1, 1]).expand([3, 4, 8, 8]);
    expect(cell!.sub(beta).abs().max().item()).toBe(0);
  });

  it('learns: gradients of what cannot matter are zero, those of the head are not', () => {
    const graph = create().child(allOf('none'), task);
    const values = new Map(
      graph.parameters.map(({ name, shape }, i) => [
        name,
        torch.normal(shape, { seed: i + 1, requiresGrad: true }),
      ]),
    );
    const { logits: output } = execute(graph, images, {
      lookup: (name) => values.get(name)!,
      training: true,
    });
    output!.square().sum().backward();
    expect(values.get('linear/bias')!.grad!.abs().sum().item()).toBeGreaterThan(0);
    const stem = values.get('stem/conv/weight')!.grad;
    expect(stem === null || stem.abs().sum().item() === 0).toBe(true);
  });
});
