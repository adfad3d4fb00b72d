import { describe, expect, test } from 'vitest';
import { presetNames, resolveConfig } from '../../src/run/config.ts';
import { sourcedValues } from '../../src/run/sources.ts';
import { findSpace, spaceNames } from '../../src/spaces/registry.ts';

const sourceOf = (path: string, values = sourcedValues()) =>
  values.find((one) => one.path === path)?.source;

/** The inverse of taking apart: an object with each value at its path. */
function assembled(values: ReturnType<typeof sourcedValues>): Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  for (const { path, value } of values) {
    const keys = path.split('.');
    const last = keys.pop()!;
    let inner = whole;
    for (const key of keys) inner = (inner[key] ??= {}) as Record<string, unknown>;
    inner[last] = value;
  }
  return whole;
}

describe.each(spaceNames)('%s', (space) => {
  test.each(presetNames)('every setting of preset %s has a source', (preset) => {
    const values = sourcedValues({ space, preset });
    for (const { source } of values) expect(source).toMatch(/\S/);
    const config = resolveConfig({ space, preset });
    const { data, search, train } = config;
    expect(assembled(values)).toEqual({
      space: { options: config.space.options },
      data,
      search,
      train,
    });
  });

  test.each(presetNames)('every source of preset %s is that of a setting', (preset) => {
    const paths = sourcedValues({ space, preset }).map(({ path }) => `${path}.`);
    const named = Object.keys(findSpace(space).presets[preset].sources);
    const stray = named.filter((name) => !paths.some((path) => path.startsWith(`${name}.`)));
    expect(stray).toEqual([]);
  });
});

test('the nearest enclosing path says where a setting comes from', () => {
  const { sources } = findSpace('macro').presets.paper;
  const values = sourcedValues({ space: 'macro', preset: 'paper' });
  expect(sourceOf('search.omega.lr.max', values)).toBe(sources['search.omega.lr']);
  expect(sourceOf('search.theta.units', values)).toBe(sources['search.theta.units']);
  expect(sourceOf('search.theta.lr', values)).toBe(sources['search.theta']);
});

test('a setting of one’s own comes from its flag, else from its file', () => {
  const values = sourcedValues({
    config: { search: { epochs: 3, omega: { lr: { max: 0.2 } } }, data: { trainLimit: 50 } },
    configName: 'my.json',
    flags: { epochs: 5, layers: 9 },
  });
  expect(sourceOf('search.epochs', values)).toBe('--epochs');
  expect(sourceOf('space.options.layers', values)).toBe('--layers');
  expect(sourceOf('search.omega.lr.max', values)).toBe('my.json');
  expect(sourceOf('search.omega.lr.min', values)).toBe(sourceOf('search.omega.lr.min'));
  expect(sourceOf('data.trainLimit', values)).toBe('my.json');
  expect(values.find(({ path }) => path === 'search.epochs')!.value).toBe(5);
});

test('a schedule of one’s own is from the file, every key of it', () => {
  const lr = { schedule: 'exponential', initial: 20, decay: 0.96, after: 15 } as const;
  const values = sourcedValues({ config: { train: { lr } } });
  const found = values.filter(({ path }) => path.startsWith('train.lr.'));
  expect(found.map(({ path }) => path.slice('train.lr.'.length))).toEqual(Object.keys(lr));
  expect(new Set(found.map(({ source }) => source))).toEqual(new Set(['config']));
});

test('a flag is the source of the setting that it stands for in a run of the kind', () => {
  const values = sourcedValues({ kind: 'train', flags: { epochs: 2, cutout: 16 } });
  expect(sourceOf('train.epochs', values)).toBe('--epochs');
  expect(sourceOf('train.cutout', values)).toBe('--cutout');
  expect(sourceOf('search.epochs', values)).toBe(sourceOf('search.epochs'));
});
