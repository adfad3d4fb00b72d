import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/graph/counts.ts';
import { macro } from '../../../src/spaces/macro/index.ts';
import { macroOptionsSchema } from '../../../src/spaces/macro/options.ts';
import { cifar } from './arbitrary.ts';
import { publishedMacro } from './published.ts';

/** Counts of the published network, trained from scratch with these channels. */
function published(filters: number, separable: 'depthwise' | 'full') {
  const fixed = { filters, separable, merge: 'after' };
  const space = macro.create(macroOptionsSchema.parse({ layers: 24, fixed }));
  return counts(space.fixed(space.formats['authors-macro']!.parse(publishedMacro), cifar));
}

describe("the authors' published network", () => {
  it.each([
    [96, 'depthwise', 30_947_424],
    [96, 'full', 42_559_392],
    [36, 'depthwise', 4_373_604],
    [36, 'full', 5_997_852],
  ] as const)(
    'with %i filters and %s separable convolutions has %i parameters',
    (filters, separable, total) => {
      expect(published(filters, separable).parameters).toBe(total);
    },
  );

  it('has the published parameters in each part', () => {
    const { parts } = published(96, 'full');
    const parameters = Object.entries(parts).map(([part, count]) => [part, count.parameters]);
    expect(Object.fromEntries(parameters)).toEqual({
      stem: 2_784,
      ops: 29_955_072,
      skip: 11_161_920,
      reductions: 1_435_776,
      linear: 3_840,
    });
  });

  it('loses two numbers a channel and merged layer when skips have no batch norm', () => {
    const create = (skipBatchNorm: boolean) => {
      const fixed = { filters: 96, merge: 'after', skipBatchNorm };
      const space = macro.create(macroOptionsSchema.parse({ layers: 24, fixed }));
      return counts(space.fixed(space.formats['authors-macro']!.parse(publishedMacro), cifar));
    };
    expect(create(true).parameters - create(false).parameters).toBe(
      2 * (7 * 96 + 8 * 192 + 8 * 384),
    );
  });
});

describe('multiply-adds of a child', () => {
  it('agree with a count by hand', () => {
    const space = macro.create(macroOptionsSchema.parse({ layers: 3, filters: 4 }));
    const arch = space.archSchema.parse({
      space: 'macro',
      layers: [{ op: 'conv3x3' }, { op: 'sep5x5' }, { op: 'maxpool3x3', skips: ['layer0'] }],
    });
    const [full, half, quarter] = [32 * 32, 16 * 16, 8 * 8];
    const { parts } = counts(space.child(arch, cifar));
    expect(parts.stem!.multiplyAdds).toBe(full * 4 * 27);
    expect(parts.ops!.multiplyAdds).toBe(full * (16 + 144) + half * (16 + 100 + 16) + quarter * 16);
    // layer0 twice and layer1 once; the stem's reductions are read by nobody.
    expect(parts.reductions!.multiplyAdds).toBe(half * 16 + quarter * (16 + 16));
    expect(parts.skip!.multiplyAdds).toBe(quarter * 32);
    expect(parts.linear!.multiplyAdds).toBe(40);
  });
});
