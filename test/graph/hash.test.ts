import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { hash } from '../../src/graph/hash.ts';

interface Variation {
  readonly nodeName?: string;
  readonly weight?: string;
  readonly kernel?: number;
  readonly poolFirst?: boolean;
  readonly dead?: boolean;
  readonly swapped?: boolean;
  readonly output?: string;
}

function build(variation: Variation = {}): Graph {
  const g = new GraphBuilder();
  const x = g.input([4, 8, 8]);
  const pool = () => g.maxPool(x, { kernel: 3 });
  const conv = () =>
    g.conv2d(x, {
      name: variation.nodeName ?? 'conv',
      out: 4,
      kernel: variation.kernel ?? 3,
      weight: variation.weight ?? 'w',
    });
  let [p, c] = [0, 0];
  if (variation.poolFirst) [p, c] = [pool(), conv()];
  else [c, p] = [conv(), pool()];
  if (variation.dead) g.avgPool(c, { kernel: 3 });
  const y = g.concat(variation.swapped ? [p, c] : [c, p]);
  return g.build({ [variation.output ?? 'y']: y });
}

describe('hash', () => {
  it('is SHA-256 in hexadecimal', () => {
    expect(hash(build())).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Variation]>([
    ['what nodes are called', { nodeName: 'other' }],
    ['the order of independent nodes', { poolFirst: true }],
    ['dead nodes', { dead: true }],
  ])('does not depend on %s', (_, variation) => {
    expect(hash(build(variation))).toBe(hash(build()));
  });

  it.each<[string, Variation]>([
    ['the names of parameters', { weight: 'v' }],
    ['attributes', { kernel: 5 }],
    ['the order of inputs', { swapped: true }],
    ['the names of outputs', { output: 'z' }],
  ])('depends on %s', (_, variation) => {
    expect(hash(build(variation))).not.toBe(hash(build()));
  });

  it('tells one dropout read twice from two dropouts', () => {
    const g = new GraphBuilder();
    const x = g.input([4]);
    const once = g.dropout(x, { p: 0.5 });
    const twice = g.dropout(x, { p: 0.5 });
    const shared = g.add([once, once]);
    const apart = g.add([once, twice]);
    expect(hash(g.build({ y: shared }))).not.toBe(hash(g.build({ y: apart })));
  });

  it('survives a journey through JSON', () => {
    const graph = build();
    expect(hash(JSON.parse(JSON.stringify(graph)) as Graph)).toBe(hash(graph));
  });

  describe('of a recurrent graph', () => {
    interface Recurrent {
      readonly names?: readonly [string, string];
      readonly crossed?: boolean;
      readonly dead?: boolean;
      readonly late?: boolean;
    }
    const recurrent = ({ names = ['a', 'b'], crossed, dead, late }: Recurrent = {}) => {
      const g = new GraphBuilder();
      const x = g.input([4]);
      const make = (name: string) => g.state([4], { name });
      const reversed = late ? [make(names[1]), make(names[0])].reverse() : names.map(make);
      const [a, b] = reversed as [number, number];
      const nextA = g.add([x, a]);
      const nextB = g.linear(b, { name: 'linear', out: 4 });
      const states = crossed
        ? { [names[0]]: nextB, [names[1]]: nextA }
        : { [names[0]]: nextA, [names[1]]: nextB };
      if (dead) {
        const unread = make('unread');
        Object.assign(states, { unread });
      }
      return hash(g.build({ y: g.add([nextA, b]) }, { states }));
    };

    it('does not depend on the order of its states, nor on one that nothing reads', () => {
      expect(recurrent({ late: true })).toBe(recurrent());
      expect(recurrent({ dead: true })).toBe(recurrent());
    });

    it('depends on the names of its states and on their next values', () => {
      expect(recurrent({ names: ['a', 'c'] })).not.toBe(recurrent());
      expect(recurrent({ names: ['b', 'a'] })).not.toBe(recurrent());
      expect(recurrent({ crossed: true })).not.toBe(recurrent());
    });
  });
});
