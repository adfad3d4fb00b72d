import { expect, test } from 'vitest';
import { parseConfig, type ResolvedConfig, resolveConfig, spaceOf } from '../../src/run/config.ts';
import { checkFlagsAgree } from '../../src/run/configFlags.ts';
import { configHash } from '../../src/run/configHash.ts';
import { packageVersion } from '../../src/run/version.ts';
import { findSpace } from '../../src/spaces/registry.ts';

/** The message of the error that a call throws. */
function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('expected an error');
}

test('without anything it is the quick preset of the macro space on the built-in set', () => {
  const config = resolveConfig();
  const preset = findSpace('macro').presets.quick;
  expect(config).toEqual({
    version: 1,
    package: packageVersion,
    seed: 1,
    space: { name: 'macro', options: preset.space },
    data: { spec: 'builtin', trainLimit: null },
    device: 'auto',
    precision: 'auto',
    search: preset.search,
    train: preset.train,
    arch: null,
  });
});

test('flags go over the file, the file over the preset', () => {
  const config = resolveConfig({
    preset: 'paper',
    config: {
      seed: 2,
      space: { options: { layers: 6 } },
      search: { epochs: 7, omega: { batch: 64, momentum: 0.5 } },
    },
    flags: { epochs: 3, filters: 20, data: 'images:folder', trainLimit: 100, device: 'cuda:1' },
  });
  const paper = findSpace('macro').presets.paper.search;
  expect(config.seed).toBe(2);
  expect(config.space.options).toMatchObject({ layers: 6, filters: 20 });
  expect(config.search.epochs).toBe(3);
  expect(config.search.omega).toEqual({ ...paper.omega, batch: 64, momentum: 0.5 });
  expect(config.search.theta).toEqual(paper.theta);
  expect(config.data).toEqual({ spec: 'images:folder', trainLimit: 100 });
  expect(config.device).toBe('cuda:1');
});

test('the flags of text land in its settings, and in another space are refused by name', () => {
  const flags = { vocabularyLimit: 500, hidden: 32 };
  const config = resolveConfig({ space: 'recurrent', flags });
  expect(config.data).toMatchObject({ vocabularyLimit: 500, bptt: 25 });
  expect(config.space.options).toMatchObject({ hidden: 32 });
  expect(messageOf(() => resolveConfig({ flags: { hidden: 32 } }))).toMatch(
    /^--hidden: expected a/,
  );
  expect(messageOf(() => resolveConfig({ flags: { vocabularyLimit: 500 } }))).toMatch(
    /unknown key/,
  );
});

test('a complete configuration given as the file comes back as it is, under the current version', () => {
  const config = resolveConfig({ preset: 'authors', flags: { seed: 5 } });
  const again = resolveConfig({ config: { ...config, package: '0.0.0' } });
  expect(again).toEqual(config);
});

test.each([
  [{ epochs: 3 }, 'my.json: epochs: unknown key; did you mean search.epochs?'],
  [{ serch: {} }, 'my.json: serch: unknown key; did you mean search?'],
  [
    { search: { omega: { momentom: 0.9 } } },
    'my.json: search.omega.momentom: unknown key; did you mean search.omega.momentum?',
  ],
  [
    { space: { options: { fliters: 8 } } },
    'my.json: space.options.fliters: unknown key; did you mean space.options.filters?',
  ],
  [
    { search: { epochs: 'many' } },
    'my.json: search.epochs: expected an integer of at least 1, got "many"',
  ],
  [
    { search: { omega: { momentum: 1.5 } } },
    'my.json: search.omega.momentum: expected a finite number from 0 to 1, got 1.5',
  ],
  [
    { search: { theta: { lr: 0 } } },
    'my.json: search.theta.lr: expected a finite number above 0, got 0',
  ],
  [{ search: null }, 'my.json: search: expected an object, got null'],
  [{ seed: -1 }, 'my.json: seed: expected an integer of at least 0, got -1'],
  [{ device: 'gpu' }, 'my.json: device: expected auto, cpu, cuda or cuda:<index>, got "gpu"'],
  [{ version: 2 }, 'my.json: version: expected 1, got 2'],
  [
    { space: { name: 'marco' } },
    /^my\.json: space\.name: expected one of .*macro.*, got "marco"; did you mean macro\?$/,
  ],
  [
    { space: { options: { merge: 'befor' } } },
    'my.json: space.options.merge: expected one of before, after, sum, got "befor"; did you mean before?',
  ],
])('%j is refused with its place and what was meant', (config, message) => {
  const found = messageOf(() => resolveConfig({ config, configName: 'my.json' }));
  if (typeof message === 'string') expect(found).toBe(message);
  else expect(found).toMatch(message);
});

test('every mistake has a line of its own', () => {
  const config = { search: { epochs: 0, omega: { batch: 'x' } }, speed: 3 };
  const lines = messageOf(() => resolveConfig({ config })).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines).toContain('search.epochs: expected an integer of at least 1, got 0');
  expect(lines).toContain('search.omega.batch: expected an integer of at least 1, got "x"');
});

test('a wrong flag is called by the name it was typed with', () => {
  const flags = { epochs: 'many', device: 'gpu', layers: 4 };
  expect(
    messageOf(() => resolveConfig({ flags }))
      .split('\n')
      .sort(),
  ).toEqual([
    '--device: expected auto, cpu, cuda or cuda:<index>, got "gpu"',
    '--epochs: expected an integer of at least 1, got "many"',
    '--layers: expected an integer of at least 3 and divisible by 3, got 4',
  ]);
  expect(messageOf(() => resolveConfig({ flags: { epoch: 3 } as object }))).toBe(
    'flags.epoch: unknown key; did you mean epochs?',
  );
});

test('an unknown preset is refused with the one that was meant', () => {
  expect(messageOf(() => resolveConfig({ preset: 'papr' }))).toBe(
    '--preset: expected one of quick, paper, authors, got "papr"; did you mean paper?',
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is no learning rate', (max) => {
  expect(
    messageOf(() => resolveConfig({ config: { search: { omega: { lr: { max } } } } })),
  ).toMatch(/^search\.omega\.lr\.max: expected a finite number above 0, got /);
});

test('a "__proto__" key is an unknown key', () => {
  const config = JSON.parse('{"__proto__": {"seed": 3}}');
  expect(messageOf(() => resolveConfig({ config }))).toMatch(/^__proto__: unknown key/);
});

test('a stored configuration must be complete', () => {
  const { seed: _, ...rest } = resolveConfig();
  expect(messageOf(() => parseConfig(rest, 'runs/a/config.json'))).toBe(
    'runs/a/config.json: seed: expected an integer of at least 0, got nothing',
  );
  expect(parseConfig(resolveConfig(), 'config.json')).toEqual(resolveConfig());
});

test('the space of a configuration has its options', () => {
  const config = resolveConfig({ flags: { layers: 6 } });
  // An operator for each layer, and skips for each but the first.
  expect(spaceOf(config).decisions).toHaveLength(11);
});

test('another schedule of the learning rate brings its own keys and leaves none of the old', () => {
  const lr = { schedule: 'exponential', initial: 20, decay: 0.96, after: 15 };
  expect(resolveConfig({ config: { search: { omega: { lr } } } }).search.omega.lr).toEqual(lr);
  const incomplete = { schedule: 'exponential', initial: 20 };
  expect(
    messageOf(() => resolveConfig({ config: { search: { omega: { lr: incomplete } } } })),
  ).toMatch(
    /search\.omega\.lr\.decay: expected a finite number above 0 and of at most 1, got nothing/,
  );
  const stray = { ...lr, decy: 1 };
  expect(messageOf(() => resolveConfig({ config: { search: { omega: { lr: stray } } } }))).toMatch(
    /search\.omega\.lr\.decy: unknown key; did you mean search\.omega\.lr\.decay\?/,
  );
});

test('flags that say what the run says already agree; any other is a conflict by its name', () => {
  const config = resolveConfig({ flags: { epochs: 4, seed: 2 } });
  expect(() => checkFlagsAgree({ epochs: 4, seed: 2 }, config, 'runs/a')).not.toThrow();
  expect(messageOf(() => checkFlagsAgree({ epochs: 5 }, config, 'runs/a'))).toBe(
    '--epochs: expected 4, as search.epochs of runs/a says, got 5; ' +
      'leave --epochs out: a run keeps the settings it began with',
  );
});

test('the hash is of what the run depends on, in whatever order the keys stand', () => {
  const config = resolveConfig();
  const reversed = Object.fromEntries(Object.entries(config).reverse()) as ResolvedConfig;
  expect(configHash(reversed)).toBe(configHash(config));
  expect(configHash({ ...config, package: '9.9.9' })).toBe(configHash(config));
  expect(configHash({ ...config, seed: 2 })).not.toBe(configHash(config));
  const other = resolveConfig({ config: { search: { omega: { clipNorm: 0.123 } } } });
  expect(configHash(other)).not.toBe(configHash(config));
});
