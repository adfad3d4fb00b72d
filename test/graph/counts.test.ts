import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { counts } from '../../src/graph/counts.ts';
import { liveNodes, liveParameters } from '../../src/graph/live.ts';

/** A small network with a dead branch and a shared weight. */
function example() {
  const g = new GraphBuilder();
  const x = g.input([3, 8, 8]);
  const stem = g.scope('stem', () => g.conv2d(x, { name: 'conv', out: 4, kernel: 3 }));
  const body = g.part('ops', () => {
    const depthwise = g.conv2d(stem, { name: 'depthwise', out: 4, kernel: 5, groups: 4 });
    const shared = g.conv2d(depthwise, { name: 'p', out: 4, kernel: 1, weight: 'shared' });
    const again = g.conv2d(shared, { name: 'q', out: 4, kernel: 1, weight: 'shared' });
    return g.concatConv([stem, again], { name: 'merge', out: 4 });
  });
  const dead = g.part('unread', () => g.conv2d(body, { name: 'dead', out: 4, kernel: 3 }));
  const logits = g.linear(g.globalAvgPool(body), { name: 'linear', out: 10 });
  return { graph: g.build({ logits }), dead };
}

describe('counts', () => {
  it('agrees with a count by hand', () => {
    expect(counts(example().graph)).toEqual({
      parameters: 108 + 100 + 16 + 32 + 144 + 50,
      multiplyAdds: 64 * (108 + 100 + 16 + 16 + 32) + 40,
      parts: {
        stem: { parameters: 108, multiplyAdds: 64 * 108 },
        ops: { parameters: 100 + 16 + 32, multiplyAdds: 64 * (100 + 16 + 16 + 32) },
        unread: { parameters: 144, multiplyAdds: 0 },
        linear: { parameters: 50, multiplyAdds: 40 },
      },
    });
  });
});

describe('counts of a recurrent graph', () => {
  const recurrent = () => {
    const g = new GraphBuilder();
    const token = g.input([]);
    const x = g.embedding(token, { name: 'embedding', vocabulary: 10, size: 4 });
    const h = g.state([4], { name: 'h' });
    const y = g.add([g.gates(x, { name: 'x', out: 4 }), g.gates(h, { name: 'again', out: 4 })]);
    const first = g.highway(y, { activation: 'tanh' });
    // Only the next time step reads it.
    const last = g.highway(g.gates(first, { name: 'last', out: 4 }), {
      activation: 'relu',
      carry: first,
    });
    const weight = 'embedding/weight';
    const logits = g.linear(first, { name: 'softmax', out: 10, bias: false, weight });
    return { graph: g.build({ logits, x }, { states: { h: last } }), last };
  };

  it('are those of one token, with what only the next step reads', () => {
    const gates = { parameters: 32, multiplyAdds: 32 };
    expect(counts(recurrent().graph).parts).toEqual({
      embedding: { parameters: 40, multiplyAdds: 0 },
      x: gates,
      again: gates,
      last: gates,
      softmax: { parameters: 0, multiplyAdds: 40 },
    });
  });

  it('has the next value of a state live where the state is', () => {
    const { graph, last } = recurrent();
    expect(liveNodes(graph).has(last)).toBe(true);
    expect(liveParameters(graph)).toContain('last/c');
    expect(liveNodes(graph, ['x']).has(last)).toBe(false);
  });
});

describe('liveNodes', () => {
  it('leaves out what no output depends on', () => {
    const { graph, dead } = example();
    const live = liveNodes(graph);
    expect(live.has(dead)).toBe(false);
    expect(live.size).toBe(graph.nodes.length - 1);
  });

  it('knows the parameters that a step touches', () => {
    const { graph } = example();
    expect(liveParameters(graph)).toEqual(
      graph.parameters.map(({ name }) => name).filter((name) => name !== 'dead/weight'),
    );
  });
});
