import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laterNodes, type RecurrentArch } from '../../../src/spaces/recurrent/arch.ts';
import type { FirstNode } from '../../../src/spaces/recurrent/decisions.ts';
import { archOf } from './arbitrary.ts';
import { create } from './published.ts';

const nodes = 5;
const firstNodes: readonly FirstNode[] = ['chosen', 'tanh'];

describe('decisions of the recurrent space', () => {
  it("are node 1's function, then input and function of every later node", () => {
    const { decisions } = create({ nodes: 3 });
    expect(decisions.map(({ name, kind }) => `${name}: ${kind}`)).toEqual([
      'node1/op: op',
      'node2/from: input',
      'node2/op: op',
      'node3/from: input',
      'node3/op: op',
    ]);
    expect(decisions.map(({ anchor }) => anchor)).toEqual([
      'node1',
      undefined,
      'node2',
      undefined,
      'node3',
    ]);
    expect(decisions[3]).toMatchObject({ among: ['node1', 'node2'] });
    expect(decisions[0]).toMatchObject({ options: ['tanh', 'relu', 'identity', 'sigmoid'] });
    expect(decisions.every(({ roots }) => roots === undefined)).toBe(true);
  });

  it('take node 1 as given where its function is always tanh', () => {
    const { decisions } = create({ nodes: 3, firstNode: 'tanh' });
    expect(decisions.map(({ name }) => name)).toEqual([
      'node2/from',
      'node2/op',
      'node3/from',
      'node3/op',
    ]);
    expect(decisions.map(({ roots }) => roots)).toEqual([
      ['node1'],
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('have 34.14 nats of entropy when they are uniform over 12 nodes and 4 functions', () => {
    const entropy = create().decisions.reduce(
      (sum, decision) =>
        sum + Math.log(decision.kind === 'op' ? decision.options.length : decision.among.length),
      0,
    );
    expect(entropy).toBeCloseTo(34.14, 2);
  });
});

describe('choices', () => {
  it('decode to the cell they mean', () => {
    const space = create({ nodes: 3 });
    expect(space.decode([1, 0, 0, 1, 3])).toEqual({
      space: 'recurrent',
      nodes: [{ op: 'relu' }, { from: 'node1', op: 'tanh' }, { from: 'node2', op: 'sigmoid' }],
    });
    expect(create({ nodes: 2, firstNode: 'tanh' }).decode([0, 2])).toEqual({
      space: 'recurrent',
      nodes: [{ op: 'tanh' }, { from: 'node1', op: 'identity' }],
    });
  });

  it.each(firstNodes)('encode is the inverse of decode, first node %s', (firstNode) => {
    const space = create({ nodes, firstNode });
    fc.assert(
      fc.property(archOf(nodes, firstNode), (arch) => {
        const choices = space.encode(arch);
        expect(space.decode(choices)).toEqual(arch);
        expect(choices.length).toBe(space.decisions.length);
        choices.forEach((choice, i) => {
          const decision = space.decisions[i]!;
          const count = decision.kind === 'op' ? decision.options.length : decision.among.length;
          expect(choice).toBeLessThan(count);
        });
      }),
    );
  });

  it.each([
    [[0, 0, 0], /^recurrent choices: expected 5 choices for 3 nodes, got an array of 3$/],
    [[0, 1, 0, 0, 0], /^choice of node2\/from: expected an integer from 0 to 0, got 1$/],
    [[0, 0, 4, 0, 0], /^choice of node2\/op: expected an integer from 0 to 3, got 4$/],
    [[[1], 0, 0, 0, 0], /^choice of node1\/op: /],
  ])('refuse %j', (choices, message) => {
    expect(() => create({ nodes: 3 }).decode(choices)).toThrow(message);
  });
});

describe('the JSON form', () => {
  const space = create({ nodes: 3 });
  const good: RecurrentArch = {
    space: 'recurrent',
    nodes: [{ op: 'tanh' }, { from: 'node1', op: 'relu' }, { from: 'node1', op: 'tanh' }],
  };

  it.each<[string, object, RegExp]>([
    [
      'a node too few',
      { nodes: good.nodes.slice(0, 2) },
      /^recurrent architecture\.nodes: expected 3 nodes, got 2; make the space/,
    ],
    [
      'a node that reads itself',
      { nodes: [...good.nodes.slice(0, 2), { from: 'node3', op: 'tanh' }] },
      /^recurrent architecture\.nodes\[2\]\.from: expected one of node1, node2, got "node3"/,
    ],
    [
      'an unknown function',
      { nodes: [{ op: 'tan' }, ...laterNodes(good)] },
      /\.nodes\[0\]\.op: expected one of tanh, relu, identity, sigmoid, got "tan"; did you mean tanh\?$/,
    ],
    [
      'a first node with an input',
      { nodes: [{ op: 'tanh', from: 'node1' }, ...laterNodes(good)] },
      /\.nodes\[0\]\.from: unknown key; the keys here are op$/,
    ],
    ['another space', { space: 'macro' }, /\.space: expected recurrent, got "macro"/],
  ])('refuses %s', (_, change, message) => {
    const arch = { ...good, ...change } as RecurrentArch;
    expect(() => space.encode(arch)).toThrow(message);
  });

  it('has only tanh for node 1 where that is always so', () => {
    const always = create({ nodes: 3, firstNode: 'tanh' });
    const arch: RecurrentArch = { ...good, nodes: [{ op: 'relu' }, ...laterNodes(good)] };
    expect(() => always.encode(arch)).toThrow(/\.nodes\[0\]\.op: expected tanh, got "relu"/);
    expect(always.encode(good)).toEqual([0, 1, 0, 0]);
  });
});
