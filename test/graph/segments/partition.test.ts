import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { Graph, NodeId } from '../../../src/graph/graph.ts';
import { segmentKey } from '../../../src/graph/segments/key.ts';
import { segmentsOf } from '../../../src/graph/segments/partition.ts';
import { spaceNamed } from '../smallNetworks.ts';
import { fusedGraphs } from './children.ts';

const namesIn = (graph: Graph) =>
  segmentsOf(graph).map(({ nodes }) => nodes.map((id) => graph.nodes[id]!.name));

const keysOf = (graph: Graph) => segmentsOf(graph).map((segment) => segmentKey(graph, segment, []));

function built(make: (g: GraphBuilder, x: NodeId) => NodeId): Graph {
  const g = new GraphBuilder();
  return g.build({ y: make(g, g.input([4, 6, 6], { name: 'x' })) });
}

const conv = (g: GraphBuilder, x: NodeId, name: string) => g.conv2d(x, { name, out: 4, kernel: 3 });

describe('the segments of a graph', () => {
  it('are chains of a folder, and go on in the folder beside it', () => {
    const graph = built((g, x) =>
      g.scope('layer1', () => {
        const first = g.scope('a', () => g.relu(conv(g, x, 'conv')));
        return g.scope('b', () => g.maxPool(conv(g, first, 'conv'), { kernel: 3 }));
      }),
    );
    expect(namesIn(graph)).toEqual([
      ['layer1/a/conv', 'layer1/a/relu', 'layer1/b/conv', 'layer1/b/maxPool'],
    ]);
  });

  it('end where the names leave their folder and its neighbours', () => {
    const graph = built((g, x) => {
      const layer = (y: NodeId, name: string) =>
        g.scope(`${name}/op`, () => g.relu(conv(g, y, 'conv')));
      return layer(layer(x, 'layer1'), 'layer2');
    });
    expect(namesIn(graph)).toEqual([
      ['layer1/op/conv', 'layer1/op/relu'],
      ['layer2/op/conv', 'layer2/op/relu'],
    ]);
  });

  it('end before a node of any number of inputs, at a dropout, and at a value with two readers', () => {
    const graph = built((g, x) =>
      g.scope('one', () => {
        const a = g.relu(conv(g, x, 'conv1'));
        const dropped = g.dropout(a, { name: 'dropout', p: 0.5 });
        const b = g.relu(conv(g, dropped, 'conv2'));
        return g.relu(g.add([b, conv(g, b, 'conv3')]));
      }),
    );
    expect(namesIn(graph)).toEqual([
      ['one/conv1', 'one/relu'],
      ['one/conv2', 'one/relu-2'],
    ]);
  });

  it('leave nodes that are in no folder as they are', () => {
    expect(namesIn(built((g, x) => g.relu(conv(g, x, 'conv'))))).toEqual([]);
  });

  it.each(['macro', 'micro', 'nasbench201'])(
    'of the %s space cover most nodes, once each',
    (name) => {
      let [all, inSegments] = [0, 0];
      for (const graph of fusedGraphs(spaceNamed(name), 'child', 10)) {
        const segments = segmentsOf(graph);
        const covered = segments.flatMap(({ nodes }) => nodes);
        expect(new Set(covered).size).toBe(covered.length);
        all += graph.nodes.length;
        inSegments += covered.length;
        for (const { nodes, inputs } of segments) {
          expect(inputs.every((id) => !nodes.includes(id))).toBe(true);
          for (const inner of nodes.slice(0, -1)) {
            const readers = graph.nodes.flatMap((node, id) =>
              node.inputs.includes(inner) ? id : [],
            );
            expect(readers).toHaveLength(1);
            expect(nodes).toContain(readers[0]);
          }
        }
      }
      expect(inSegments).toBeGreaterThan(0.5 * all);
    },
  );
});

describe('the key of a segment', () => {
  it('of macro children comes again: few are new after a hundred architectures', () => {
    const graphs = fusedGraphs(spaceNamed('macro'), 'child', 200);
    const known = new Set(graphs.slice(0, 100).flatMap(keysOf));
    const later = graphs.slice(100).flatMap(keysOf);
    expect(later.filter((key) => known.has(key)).length).toBeGreaterThan(0.99 * later.length);
    expect(known.size).toBeLessThan(60);
  });

  it('tells operators, attributes, parameters, shapes, inputs and kinds of input apart', () => {
    const graph = (kernel: number, name: string, size: number, twice: boolean) => {
      const g = new GraphBuilder();
      const x = g.input([4, size, size], { name: 'x' });
      const y = g.scope(name, () => {
        const once = g.relu(g.conv2d(x, { name: 'conv', out: 4, kernel }));
        return twice ? g.maxPool(once, { kernel: 3 }) : once;
      });
      return g.build({ y });
    };
    const key = (of: Graph, inputs: string[] = []) => segmentKey(of, segmentsOf(of)[0]!, inputs);
    const keys = [
      key(graph(3, 'a', 6, false)),
      key(graph(1, 'a', 6, false)),
      key(graph(3, 'b', 6, false)),
      key(graph(3, 'a', 8, false)),
      key(graph(3, 'a', 6, true)),
      key(graph(3, 'a', 6, false), ['bfloat16']),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(key(graph(3, 'a', 6, false))).toBe(keys[0]);
  });
});
