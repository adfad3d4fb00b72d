import { cpSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnasTorchError } from '../../src/errors/error.ts';
import { loadAddonFrom } from '../../src/torch/load.ts';
import { builtPackage, fakeLibtorch, scratchFolder, writeTree } from './scratch.ts';

/** The environment of a machine where nothing else is found. */
const bare = () => ({ PATH: '/nowhere', ENAS_TORCH_CACHE: path.join(scratchFolder(), 'cache') });

function failure(root: string, env: NodeJS.ProcessEnv): string {
  try {
    loadAddonFrom(root, env);
  } catch (error) {
    expect(error).toBeInstanceOf(EnasTorchError);
    expect(error).toMatchObject({ code: 'ERR_ADDON' });
    return (error as Error).message;
  }
  throw new Error('it was loaded');
}

describe('loading the addon', () => {
  it('loads what was built, and has waiting OpenMP threads spin for a short while', () => {
    const { root } = builtPackage();
    expect(loadAddonFrom(root, bare())).toBeTypeOf('object');
    expect(process.env.GOMP_SPINCOUNT).toBe('10000');
  });

  it('not built: says where it was looked for, what else was tried, and the command', () => {
    const root = scratchFolder();
    const env = bare();
    expect(failure(root, env).split('\n')).toEqual([
      'The native addon cannot be loaded: it is not built.',
      `  addon: ${root}/build/Release/enas_torch.node`,
      '  built against: nothing yet',
      '  looked for libtorch: LIBTORCH: not set',
      `  looked for libtorch: cache: ${env.ENAS_TORCH_CACHE}: empty`,
      '  looked for libtorch: Python: python3 is not on the PATH',
      expect.stringContaining('  looked for libtorch: system: '),
      'To mend it: npx enas-torch setup (fetches libtorch and builds the addon)',
      'To see more: npx enas-torch doctor',
    ]);
  });

  it('not loadable: gives the reason of the dynamic linker', () => {
    const root = writeTree(scratchFolder(), { 'build/Release/enas_torch.node': 'not a library' });
    expect(failure(root, bare())).toMatch(
      /cannot be loaded: .*(file too short|invalid ELF header)/,
    );
  });

  it('its libtorch was moved', () => {
    const { root, libtorch } = builtPackage();
    renameSync(libtorch, `${libtorch}-moved`);
    expect(failure(root, bare())).toContain(
      `it was built against libtorch 2.13.0+cpu at ${libtorch}, which is no longer there (no such directory)`,
    );
  });

  it('its libtorch was exchanged for another version in the same place', () => {
    const { root, libtorch } = builtPackage();
    fakeLibtorch(libtorch, '2.14.0+cpu');
    expect(failure(root, bare())).toContain(
      `it was built against libtorch 2.13.0+cpu at ${libtorch}, where version 2.14.0+cpu is now`,
    );
  });

  it('LIBTORCH names another version, or none', () => {
    const { root, libtorch } = builtPackage();
    const other = fakeLibtorch(scratchFolder(), '2.12.0+cpu');
    expect(failure(root, { ...bare(), LIBTORCH: other })).toContain(
      `LIBTORCH names libtorch 2.12.0+cpu at ${other}, but it was built against 2.13.0+cpu at ${libtorch}`,
    );
    expect(failure(root, { ...bare(), LIBTORCH: '/nowhere' })).toContain(
      'LIBTORCH names /nowhere: no such directory',
    );
  });

  it('LIBTORCH names a copy of the same version: that will do', () => {
    const { root, libtorch } = builtPackage();
    const copy = scratchFolder();
    cpSync(libtorch, copy, { recursive: true });
    expect(loadAddonFrom(root, { ...bare(), LIBTORCH: copy })).toBeTypeOf('object');
  });

  it('offers a build where a libtorch is there', () => {
    const root = scratchFolder();
    const env = { ...bare(), LIBTORCH: fakeLibtorch(scratchFolder(), '2.13.0+cpu') };
    expect(failure(root, env)).toContain(
      'To mend it: npx enas-torch setup (builds the addon anew)',
    );
  });

  it('loads an addon of which nothing is written down', () => {
    const { root } = builtPackage();
    rmSync(path.join(root, 'build/Release/built-against.json'));
    expect(loadAddonFrom(root, bare())).toBeTypeOf('object');
  });
});
