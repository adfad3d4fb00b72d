import { describe, expect, it } from 'vitest';
import { micro } from '../../../src/spaces/micro/index.ts';
import { microOptionsSchema } from '../../../src/spaces/micro/options.ts';
import { searchSettingsSchema, trainSettingsSchemas } from '../../../src/spaces/settings.ts';

const presets = Object.entries(micro.presets);

/** Paths of all values that are not objects. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, `${path}.${key}`));
}

describe('presets of the micro space', () => {
  it.each(presets)('%s is complete and valid', (_, { space, data, search, train }) => {
    expect(microOptionsSchema.parse(space)).toEqual(space);
    expect(searchSettingsSchema.parse(search)).toEqual(search);
    expect(trainSettingsSchemas.images.parse(train)).toEqual(train);
    expect(data).toEqual({});
  });

  it.each(presets)('%s says of every value where it comes from', (_, preset) => {
    const paths = [
      ...leaves(preset.space, 'space.options'),
      ...leaves(preset.search, 'search'),
      ...leaves(preset.train, 'train'),
    ];
    const covers = (source: string, path: string) =>
      path === source || path.startsWith(`${source}.`);
    const sources = Object.keys(preset.sources);
    for (const path of paths) {
      expect(
        sources.some((source) => covers(source, path)),
        path,
      ).toBe(true);
    }
    for (const source of sources.filter((name) => name !== 'data')) {
      expect(
        paths.some((path) => covers(source, path) || source === 'space'),
        source,
      ).toBe(true);
    }
  });

  it("have the weight decay of the authors' l2 in PyTorch's sense", () => {
    expect(micro.presets.authors.search.omega.weightDecay).toBe(2e-4);
    expect(micro.presets.authors.train.weightDecay).toBe(4e-4);
  });

  it('pin the operators in `authors` alone', () => {
    expect(presets.map(([name, { space }]) => [name, space.opPrior])).toEqual([
      ['quick', false],
      ['paper', false],
      ['authors', true],
    ]);
  });

  it.each(
    presets.flatMap(([name, { search, train }]) => [
      [`${name} search`, search.omega.lr, search.epochs] as const,
      [`${name} train`, train.lr, train.epochs] as const,
    ]),
  )('%s ends at the end of a cosine period', (_, lr, epochs) => {
    if (lr.schedule !== 'cosine') throw new Error('expected a cosine schedule');
    let end = 0;
    for (let period = lr.period; end < epochs; period *= lr.periodFactor) end += period;
    expect(end).toBe(epochs);
  });
});
