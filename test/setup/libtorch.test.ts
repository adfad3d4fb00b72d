import { mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  cacheDirectory,
  inspectLibtorch,
  isSupported,
  resolveLibtorch,
} from '../../scripts/libtorch.mjs';
import { fakeLibtorch, libtorchFiles, scratchFolder, writeTree } from './scratch.ts';

/** A resolver that sees nothing of this machine. */
function resolveIn(env: NodeJS.ProcessEnv, more: { python?: string; systemRoots?: string[] } = {}) {
  const nothing = path.join(scratchFolder(), 'none');
  return resolveLibtorch({
    env: { PATH: process.env.PATH, ENAS_TORCH_CACHE: nothing, ...env },
    python: nothing,
    systemRoots: [],
    ...more,
  });
}

/** A site-packages folder with a torch in it, and the environment in which python3 finds it. */
function pythonTorch(version: string) {
  const site = scratchFolder();
  const root = writeTree(path.join(site, 'torch'), {
    ...libtorchFiles(version),
    '__init__.py': 'raise RuntimeError("torch was imported")',
    'version.py': `__version__ = '${version}'\n`,
  });
  return { root, env: { PYTHONPATH: site } };
}

describe('isSupported', () => {
  it.each([
    ['2.10.1', false],
    ['2.11.0', true],
    ['2.13.0+cpu', true],
    ['2.14.0a0+git1234', true],
    ['2.15.0', false],
    ['3.12.0', false],
    ['1.13.0', false],
  ])('%s: %s', (version, expected) => {
    expect(isSupported(version)).toBe(expected);
  });
});

describe('inspectLibtorch', () => {
  it('reads the version and variant of a libtorch zip', () => {
    const root = fakeLibtorch(scratchFolder(), '2.13.0+cpu');
    expect(inspectLibtorch(root)).toEqual({ root, version: '2.13.0+cpu', cuda: false });
  });

  it('reads the version from the older header where there is no other', () => {
    const { 'include/torch/headeronly/version.h': header, ...rest } = libtorchFiles('2.11.0');
    const root = writeTree(scratchFolder(), {
      ...rest,
      'include/torch/csrc/api/include/torch/version.h': header!,
    });
    expect(inspectLibtorch(root)).toMatchObject({ version: '2.11.0' });
  });

  it('believes the headers over a build-version left behind by another libtorch', () => {
    const root = fakeLibtorch(scratchFolder(), '2.13.0+cpu');
    writeTree(root, { 'build-version': '2.12.0+cpu' });
    expect(inspectLibtorch(root)).toMatchObject({ version: '2.13.0' });
  });

  it('tells a CUDA build from a CPU build', () => {
    const root = fakeLibtorch(scratchFolder(), '2.13.0+cu126', { cuda: true });
    expect(inspectLibtorch(root)).toMatchObject({ version: '2.13.0+cu126', cuda: true });
  });

  it('follows links to the real directory', () => {
    const root = fakeLibtorch(scratchFolder(), '2.13.0+cpu');
    const link = path.join(scratchFolder(), 'link');
    symlinkSync(root, link);
    expect(inspectLibtorch(link).root).toBe(root);
  });

  it('names the file that is missing, and the directory that was meant', () => {
    const site = scratchFolder();
    fakeLibtorch(path.join(site, 'torch'), '2.13.0+cpu');
    expect(inspectLibtorch(site).problem).toBe(
      `lib/libtorch.so is missing (did you mean ${path.join(site, 'torch')}?)`,
    );
  });

  it('reports a version that is not supported', () => {
    const root = fakeLibtorch(scratchFolder(), '2.10.0+cpu');
    expect(inspectLibtorch(root)).toMatchObject({
      version: '2.10.0+cpu',
      problem: 'version 2.10.0+cpu is not supported (2.11 to 2.14)',
    });
  });
});

describe('cacheDirectory', () => {
  it('is under the user cache unless ENAS_TORCH_CACHE names another', () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/enas-torch');
    expect(cacheDirectory({ XDG_CACHE_HOME: '/x', ENAS_TORCH_CACHE: '/y' })).toBe('/y');
    expect(cacheDirectory({})).toMatch(/\/\.cache\/enas-torch$/);
  });
});

describe('resolveLibtorch', () => {
  it('takes LIBTORCH before all else', () => {
    const root = fakeLibtorch(scratchFolder(), '2.12.1+cpu');
    const cache = scratchFolder();
    fakeLibtorch(path.join(cache, 'libtorch-2.13.0+cpu'), '2.13.0+cpu');
    const { found } = resolveIn({ LIBTORCH: root, ENAS_TORCH_CACHE: cache });
    expect(found).toEqual({ root, version: '2.12.1+cpu', cuda: false, source: 'LIBTORCH' });
  });

  it.each([
    ['nowhere', 'no such directory'],
    ['old', 'version 2.9.0 is not supported (2.11 to 2.14)'],
  ])('fails on a wrong LIBTORCH (%s) although the cache has one', (name, reason) => {
    const folder = scratchFolder();
    writeTree(path.join(folder, 'old'), libtorchFiles('2.9.0'));
    const cache = scratchFolder();
    fakeLibtorch(path.join(cache, 'libtorch-2.13.0+cpu'), '2.13.0+cpu');
    const named = path.join(folder, name);
    const result = resolveIn({ LIBTORCH: named, ENAS_TORCH_CACHE: cache });
    expect(result.found).toBeNull();
    expect(result.failure).toBe(`LIBTORCH names ${named}: ${reason}`);
    expect(result.tried).toHaveLength(1);
  });

  it('takes the entry of the cache that was set up last', () => {
    const cache = scratchFolder();
    const cpu = fakeLibtorch(path.join(cache, 'libtorch-2.13.0+cpu'), '2.13.0+cpu');
    const cuda = fakeLibtorch(path.join(cache, 'libtorch-2.13.0+cu126'), '2.13.0+cu126', {
      cuda: true,
    });
    const chosen = (later: string, earlier: string) => {
      utimesSync(earlier, 1000, 1000);
      utimesSync(later, 2000, 2000);
      return resolveIn({ ENAS_TORCH_CACHE: cache }).found;
    };
    expect(chosen(cuda, cpu)).toMatchObject({ root: cuda, cuda: true, source: 'cache' });
    expect(chosen(cpu, cuda)).toMatchObject({ root: cpu, cuda: false, source: 'cache' });
  });

  it('does not see a fetch that is not finished', () => {
    const cache = scratchFolder();
    fakeLibtorch(path.join(cache, '.staging-1', 'libtorch'), '2.13.0+cpu');
    expect(resolveIn({ ENAS_TORCH_CACHE: cache }).found).toBeNull();
  });

  it('finds the torch of python3 without importing it', () => {
    const { root, env } = pythonTorch('2.13.0+cpu');
    const { found } = resolveIn(env, { python: 'python3' });
    expect(found).toEqual({ root, version: '2.13.0+cpu', cuda: false, source: 'Python' });
  });

  it('does not take a folder named torch in the working directory for one', () => {
    const before = process.cwd();
    const folder = scratchFolder();
    mkdirSync(path.join(folder, 'torch'));
    process.chdir(folder);
    try {
      const { tried } = resolveIn({ PYTHONPATH: '' }, { python: 'python3' });
      const entry = tried.find(({ source }) => source === 'Python');
      expect(entry?.path ?? '').not.toContain(folder);
    } finally {
      process.chdir(before);
    }
  });

  it('reports and passes over what is not supported, down to the system', () => {
    const cache = scratchFolder();
    fakeLibtorch(path.join(cache, 'libtorch-2.9.0+cpu'), '2.9.0+cpu');
    const { env } = pythonTorch('2.10.0+cpu');
    const system = fakeLibtorch(scratchFolder(), '2.14.0');
    const result = resolveIn(
      { ENAS_TORCH_CACHE: cache, ...env },
      { python: 'python3', systemRoots: [scratchFolder(), system] },
    );
    expect(result.found).toMatchObject({ root: system, source: 'system' });
    expect(result.tried.map(({ source, outcome }) => `${source}: ${outcome}`)).toEqual([
      'LIBTORCH: not set',
      'cache: version 2.9.0+cpu is not supported (2.11 to 2.14)',
      'Python: version 2.10.0+cpu is not supported (2.11 to 2.14)',
      'system: libtorch 2.14.0, CPU build',
    ]);
  });

  it('says what it looked at when there is none', () => {
    const result = resolveIn({}, { python: 'no-such-python' });
    expect(result.found).toBeNull();
    expect(result.failure).toBeUndefined();
    expect(result.tried.map(({ outcome }) => outcome)).toEqual([
      'not set',
      'empty',
      'no-such-python is not on the PATH',
      'none in ',
    ]);
  });
});
