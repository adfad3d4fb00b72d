import { describe, expect, it } from 'vitest';
import { macro } from '../../../src/spaces/macro/index.ts';
import { macroOptionsSchema } from '../../../src/spaces/macro/options.ts';
import { searchSettingsSchema, trainSettingsSchemas } from '../../../src/spaces/settings.ts';

describe('options of the macro space', () => {
  it("are the paper's by default: 12 layers, 36 filters, merge before", () => {
    expect(macroOptionsSchema.parse({})).toEqual({
      layers: 12,
      filters: 36,
      merge: 'before',
      keepProb: 0.9,
      fixed: {
        filters: 96,
        merge: 'search',
        separable: 'depthwise',
        skipBatchNorm: true,
        keepProb: 0.9,
      },
    });
  });

  it.each([
    [{ layers: 4 }],
    [{ layers: 0 }],
    [{ filters: 1 }],
    [{ merge: 'beside' }],
    [{ keepProb: 0 }],
    [{ fixed: { filter: 3 } }],
    [{ layer: 12 }],
  ])('refuse %j', (options) => {
    expect(macroOptionsSchema.safeParse(options).success).toBe(false);
  });

  it('are checked when a space is made', () => {
    const options = { ...macroOptionsSchema.parse({}), merge: 'befor' as never };
    expect(() => macro.create(options)).toThrow(
      'macro options.merge: expected one of before, after, sum, got "befor"; did you mean before?',
    );
  });
});

describe('presets of the macro space', () => {
  it.each(Object.entries(macro.presets))(
    '%s is complete and valid',
    (_, { space, search, train }) => {
      expect(macroOptionsSchema.parse(space)).toEqual(space);
      expect(trainSettingsSchemas.images.parse(train)).toEqual(train);
      expect(searchSettingsSchema.parse(search)).toEqual(search);
    },
  );

  it("have the weight decay of the authors' l2 in PyTorch's sense", () => {
    expect(macro.presets.authors.search.omega.weightDecay).toBe(5e-4);
  });

  it.each(Object.entries(macro.presets))(
    '%s ends at the end of a cosine period',
    (_, { search }) => {
      const { lr } = search.omega;
      if (lr.schedule !== 'cosine') throw new Error(`the schedule is ${lr.schedule}`);
      let end = 0;
      for (let period = lr.period; end < search.epochs; period *= lr.periodFactor) end += period;
      expect(end).toBe(search.epochs);
    },
  );
});
