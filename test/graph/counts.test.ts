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
