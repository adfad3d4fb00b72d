import { describe, expect, it } from 'vitest';
import { nasBench201 } from '../../../src/spaces/nasbench201/index.ts';
import {
  dataSettingsSchemas,
  searchSettingsSchema,
  trainSettingsSchemas,
} from '../../../src/spaces/settings.ts';

/** The paths of all values in an object. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

describe.each(Object.entries(nasBench201.presets))('preset %s', (_, preset) => {
  const { space, data, search, train, sources } = preset;
  const paths = Object.entries({ space: { options: space }, data, search, train }).flatMap(
    ([key, value]) => leaves(value, key),
  );

  it('is complete', () => {
    const whole = { ...data, spec: 'builtin', trainLimit: null };
    expect(nasBench201.optionsSchema.parse(space)).toEqual(space);
    expect(searchSettingsSchema.parse(search)).toEqual(search);
    expect(trainSettingsSchemas.images.parse(train)).toEqual(train);
    expect(dataSettingsSchemas.images.parse(whole)).toEqual(whole);
  });

  it('says where each value comes from, and names no value it has not', () => {
    for (const path of paths) {
      const parts = path.split('.');
      const covers = parts.map((_, i) => parts.slice(0, i + 1).join('.'));
      expect(covers.some((cover) => cover in sources)).toBe(true);
    }
    for (const source of Object.keys(sources)) {
      const known = paths.some((path) => path === source || path.startsWith(`${source}.`));
      expect(known || source === 'data').toBe(true);
    }
  });
});

it('paper and authors train as the benchmark did: a cosine from 0.1 to 0 over 200 epochs', () => {
  for (const name of ['paper', 'authors'] as const) {
    expect(nasBench201.presets[name].train).toMatchObject({
      epochs: 200,
      batch: 256,
      lr: { schedule: 'cosine', max: 0.1, min: 0, period: 200 },
      momentum: 0.9,
      weightDecay: 5e-4,
    });
  }
});
