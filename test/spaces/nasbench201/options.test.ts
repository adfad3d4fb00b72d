import { describe, expect, it } from 'vitest';
import { nasBench201 } from '../../../src/spaces/nasbench201/index.ts';
import { nasBench201OptionsSchema } from '../../../src/spaces/nasbench201/options.ts';

describe('options of the NAS-Bench-201 space', () => {
  it("default to the benchmark's network, in the search too", () => {
    const network = { filters: 16, cells: 5, keepProb: 1 };
    expect(nasBench201OptionsSchema.parse({})).toEqual({ ...network, fixed: network });
  });

  it.each([
    ['filters', { filters: 0 }, /^nasbench201 options\.filters: /],
    ['cells', { cells: 1.5 }, /^nasbench201 options\.cells: /],
    ['a share to keep of nothing', { keepProb: 0 }, /^nasbench201 options\.keepProb: /],
    ['fixed filters', { fixed: { filters: 'many' } }, /^nasbench201 options\.fixed\.filters: /],
    [
      'an unknown option',
      { layers: 3 },
      /^nasbench201 options\.layers: unknown key; the keys here are filters, cells, /,
    ],
    [
      'an unknown fixed option',
      { fixed: { width: 3 } },
      /\.fixed\.width: unknown key; the keys here are filters, cells, /,
    ],
  ])('refuse wrong %s', (_, options, message) => {
    expect(() => nasBench201.create(options as never)).toThrow(message);
  });
});
