import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/graph/counts.ts';
import { archOf } from '../../../src/spaces/nasbench201/arch.ts';
import { nasBench201 } from '../../../src/spaces/nasbench201/index.ts';
import { nasBench201OptionsSchema } from '../../../src/spaces/nasbench201/options.ts';
import { allOf, cifar } from './arbitrary.ts';

const space = nasBench201.create(nasBench201OptionsSchema.parse({}));
const countsOf = (arch: ReturnType<typeof allOf>) => counts(space.fixed(arch, cifar));

describe("the benchmark's networks for CIFAR-10", () => {
  it('have the published 1.531546 million parameters with 3×3 convolutions throughout', () => {
    expect(countsOf(allOf('nor_conv_3x3')).parameters).toBe(1_531_546);
  });

  it.each(['none', 'skip_connect', 'avg_pool_3x3'] as const)(
    'have the published 0.073306 million parameters with %s throughout',
    (op) => {
      expect(countsOf(allOf(op)).parameters).toBe(73_306);
    },
  );

  it('have the published 220.11968 and 7.78304 million multiply-adds', () => {
    expect(countsOf(allOf('nor_conv_3x3')).multiplyAdds).toBe(220_119_680);
    expect(countsOf(allOf('skip_connect')).multiplyAdds).toBe(7_783_040);
    expect(countsOf(allOf('none')).multiplyAdds).toBe(7_783_040);
  });

  it('have the parameters of a count by hand in each part', () => {
    const { parts } = countsOf(allOf('nor_conv_1x1'));
    const parameters = Object.entries(parts).map(([part, count]) => [part, count.parameters]);
    const block = (from: number, to: number) =>
      9 * from * to + 9 * to * to + 2 * 2 * to + from * to;
    const edge = (c: number) => c * c + 2 * c;
    expect(Object.fromEntries(parameters)).toEqual({
      stem: 27 * 16 + 2 * 16,
      cells: 5 * 6 * (edge(16) + edge(32) + edge(64)),
      reductions: block(16, 32) + block(32, 64),
      last: 2 * 64,
      linear: 64 * 10 + 10,
    });
  });

  it('own the parameters of operators whose result nobody reads, and do not run them', () => {
    // Node 1 and node 2 lead nowhere.
    const dead = archOf(['nor_conv_3x3', 'nor_conv_3x3', 'none', 'skip_connect', 'none', 'none']);
    const third = (1_531_546 - 73_306) / 3;
    expect(countsOf(dead).parameters).toBe(73_306 + third);
    expect(countsOf(dead).multiplyAdds).toBe(7_783_040);
  });
});
