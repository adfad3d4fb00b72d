import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { archOf, opsOf } from '../../../src/spaces/nasbench201/arch.ts';
import { edgeOps } from '../../../src/spaces/nasbench201/decisions.ts';
import { nasBench201 } from '../../../src/spaces/nasbench201/index.ts';
import { nasBench201OptionsSchema } from '../../../src/spaces/nasbench201/options.ts';
import type { Choices } from '../../../src/spaces/space.ts';
import { allOf, archs, cifar } from './arbitrary.ts';

const space = nasBench201.create(nasBench201OptionsSchema.parse({}));

/** All 5^6 cells. */
function everyCell() {
  let all: number[][] = [[]];
  for (let edge = 0; edge < 6; edge++) {
    all = all.flatMap((chosen) => edgeOps.map((_, op) => [...chosen, op]));
  }
  return all.map((choices) => space.decode(choices));
}

describe('decisions of the NAS-Bench-201 space', () => {
  it('are one operator for each of six edges, and read no anchor', () => {
    expect(space.decisions.map(({ name }) => name)).toEqual([
      'node1/from-node0',
      'node2/from-node0',
      'node2/from-node1',
      'node3/from-node0',
      'node3/from-node1',
      'node3/from-node2',
    ]);
    for (const decision of space.decisions) {
      expect(decision).toMatchObject({ kind: 'op', options: edgeOps });
      expect(decision).not.toHaveProperty('anchor');
    }
  });
});

describe('decode and encode', () => {
  it('are inverse to each other over all 15,625 cells', () => {
    const cells = everyCell();
    expect(new Set(cells.map((arch) => JSON.stringify(arch))).size).toBe(15_625);
    for (const arch of cells) expect(space.decode(space.encode(arch))).toEqual(arch);
  });

  it('give each choice to its edge', () => {
    expect(space.decode([0, 1, 2, 3, 4, 0])).toEqual({
      space: 'nasbench201',
      edges: {
        node1: { node0: 'none' },
        node2: { node0: 'skip_connect', node1: 'nor_conv_1x1' },
        node3: { node0: 'nor_conv_3x3', node1: 'avg_pool_3x3', node2: 'none' },
      },
    });
  });

  it.each<[string, Choices, RegExp]>([
    ['too few choices', [1, 2], /^nasbench201 choices: expected 6 choices, got an array of 2$/],
    [
      'an operator out of range',
      [0, 0, 5, 0, 0, 0],
      /^choice of node2\/from-node1: .*from 0 to 4, got 5$/,
    ],
    ['bits for an operator', [0, [1], 0, 0, 0, 0], /^choice of node2\/from-node0: /],
  ])('refuse %s', (_, choices, message) => {
    expect(() => space.decode(choices)).toThrow(message);
  });
});

describe('the canonical form', () => {
  it('is the same for a cell and for that with its nodes 1 and 2 exchanged', () => {
    fc.assert(
      fc.property(archs, (arch) => {
        const [a, b, , d, e, f] = opsOf(arch) as [...ReturnType<typeof opsOf>];
        const cell = archOf([a!, b!, 'none', d!, e!, f!]);
        const exchanged = archOf([b!, a!, 'none', d!, f!, e!]);
        expect(space.canonical(exchanged)).toEqual(space.canonical(cell));
        expect([cell, exchanged]).toContainEqual(space.canonical(cell));
      }),
    );
  });

  it('is the cell itself where an edge leads from node 1 to node 2', () => {
    const connected = archs.filter((arch) => arch.edges.node2.node1 !== 'none');
    fc.assert(
      fc.property(connected, (arch) => {
        expect(space.canonical(arch)).toEqual(arch);
      }),
    );
  });

  it('leaves 14,125 cells: of the 5^5 without that edge, 5 · 25 · 26 / 2', () => {
    const forms = everyCell().map((arch) => JSON.stringify(space.canonical(arch)));
    expect(new Set(forms).size).toBe(12_500 + (5 * 25 * 26) / 2);
  });
});

describe('an architecture that is wrong', () => {
  const { edges } = allOf('skip_connect');
  it.each<[string, unknown, RegExp]>([
    [
      'a mistyped operator',
      { ...edges, node1: { node0: 'nor_conv_3x' } },
      /^nasbench201 architecture\.edges\.node1\.node0: expected one of .*, got "nor_conv_3x"; did you mean nor_conv_3x3\?$/,
    ],
    [
      'an edge that is not there',
      { ...edges, node2: { node0: 'none' } },
      /\.edges\.node2\.node1: expected one of .*, got nothing$/,
    ],
    [
      'an edge from a node that is not earlier',
      { ...edges, node1: { node0: 'none', node1: 'none' } },
      /\.edges\.node1\.node1: unknown key; did you mean edges\.node\d\.?\w*\?$/,
    ],
    ['no edges', undefined, /\.edges: expected an object, got nothing$/],
  ])('is refused with its place: %s', (_, wrong, message) => {
    const arch = { space: 'nasbench201', edges: wrong } as never;
    for (const use of [space.encode, space.canonical, space.picture]) {
      expect(() => use(arch)).toThrow(message);
    }
    expect(() => space.child(arch, cifar)).toThrow(message);
    expect(() => space.fixed(arch, cifar)).toThrow(message);
  });

  it('of another space is refused', () => {
    const arch = { space: 'macro', edges } as never;
    expect(() => space.child(arch, cifar)).toThrow(/\.space: expected nasbench201, got "macro"/);
  });
});
