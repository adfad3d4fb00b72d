import { describe, expect, it } from 'vitest';
import { recurrent } from '../../../src/spaces/recurrent/index.ts';
import { recurrentOptionsSchema } from '../../../src/spaces/recurrent/options.ts';
import {
  dataSettingsSchemas,
  searchSettingsSchema,
  trainSettingsSchemas,
} from '../../../src/spaces/settings.ts';

describe('options of the recurrent space', () => {
  it("are the paper's by default, appendix A to the letter", () => {
    expect(recurrentOptionsSchema.parse({})).toMatchObject({
      nodes: 12,
      hidden: 1000,
      layers: 1,
      tied: true,
      firstNode: 'chosen',
      firstCarry: false,
      output: 'loose',
      recurrentInput: 'lastNode',
      weights: 'edge',
      batchNorm: true,
      initRange: 0.025,
      variational: true,
      fixed: { batchNorm: false, initRange: 0.04 },
    });
  });

  it.each([
    [{ nodes: 1 }],
    [{ hidden: 0 }],
    [{ layers: 0 }],
    [{ firstNode: 'relu' }],
    [{ weights: 'function' }],
    [{ initRange: 0 }],
    [{ dropout: { input: 1 } }],
    [{ dropout: { word: 0.1 } }],
    [{ fixed: { nodes: 3 } }],
    [{ node: 12 }],
  ])('refuse %j', (options) => {
    expect(recurrentOptionsSchema.safeParse(options).success).toBe(false);
  });

  it('are checked when a space is made', () => {
    const options = { ...recurrentOptionsSchema.parse({}), output: 'lose' as never };
    expect(() => recurrent.create(options)).toThrow(
      'recurrent options.output: expected one of loose, all, got "lose"; did you mean loose?',
    );
  });
});

/** The paths of all values in an object. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

describe.each(Object.entries(recurrent.presets))('preset %s', (_, preset) => {
  const { space, data, search, train, sources } = preset;
  const paths = Object.entries({ space: { options: space }, data, search, train }).flatMap(
    ([key, value]) => leaves(value, key),
  );

  it('is complete', () => {
    const whole = { ...data, spec: 'builtin', trainLimit: null };
    expect(recurrent.optionsSchema.parse(space)).toEqual(space);
    expect(searchSettingsSchema.parse(search)).toEqual(search);
    expect(trainSettingsSchemas.text.parse(train)).toEqual(train);
    expect(dataSettingsSchemas.text.parse(whole)).toEqual(whole);
  });

  it('says where each value comes from, and names no value it has not', () => {
    for (const path of paths) {
      const parts = path.split('.');
      const covers = parts.map((_, i) => parts.slice(0, i + 1).join('.'));
      expect(
        covers.filter((cover) => cover in sources),
        path,
      ).not.toEqual([]);
    }
    for (const source of Object.keys(sources)) {
      const known = paths.some((path) => path === source || path.startsWith(`${source}.`));
      expect(known, source).toBe(true);
    }
  });
});

describe('the published presets', () => {
  it("are the paper's: lr 20, ×0.96 an epoch after 15, clipping at 0.25, reward 80/perplexity", () => {
    const { data, search, train } = recurrent.presets.paper;
    expect(search.omega).toMatchObject({
      batch: 64,
      lr: { schedule: 'exponential', initial: 20, decay: 0.96, after: 15 },
      clipNorm: 0.25,
      weightDecay: 1e-7,
      momentum: 0,
    });
    expect(search.theta).toMatchObject({ rewardScale: 80, entropyWeight: 1e-4, lr: 3.5e-4 });
    expect(data).toMatchObject({ bptt: 35, bpttJitter: false });
    expect(train).toMatchObject({ epochs: 150, lr: search.omega.lr });
  });

  it("are the authors' second release: 9 nodes over a tanh, all but that averaged", () => {
    const { space, data, search } = recurrent.presets.authors;
    expect(space).toMatchObject({
      nodes: 10,
      hidden: 200,
      firstNode: 'tanh',
      output: 'all',
      recurrentInput: 'output',
      batchNorm: false,
    });
    // Dropped with 0.2 and again with 0.75.
    expect(space.dropout.input).toBeCloseTo(0.8, 12);
    expect(data).toMatchObject({ bpttJitter: true });
    expect(search.theta).toMatchObject({ steps: 25, aggregate: 10, rewardScale: 80 });
  });
});
