import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveLibtorch } from '../../scripts/libtorch.mjs';
import {
  chooseInCache,
  demandSpace,
  fillCache,
  freeBytes,
  linkIntoCache,
} from '../../scripts/setup/cache.mjs';
import { fakeLibtorch, scratchFolder } from './scratch.ts';

const newCache = () => ({ ENAS_TORCH_CACHE: path.join(scratchFolder(), 'cache') });

/** What a fetch does: fills the folder with a libtorch. */
const filler = (version: string) => async (folder: string) => {
  fakeLibtorch(folder, version);
  return { version };
};

describe('demandSpace', () => {
  it('names the directory, what is needed and what is free', () => {
    const env = newCache();
    expect(() => demandSpace(2e9, { env, free: () => 1.5e9 })).toThrow(
      `libtorch needs 2.0 GB of disk in ${env.ENAS_TORCH_CACHE}: 1.5 GB are free.`,
    );
    expect(() => demandSpace(2e9, { env, free: () => 2e9 })).not.toThrow();
  });

  it('measures the disk of a directory that is not made yet', () => {
    const folder = scratchFolder();
    expect(freeBytes(path.join(folder, 'a', 'b'))).toBeGreaterThan(0);
  });
});

describe('fillCache', () => {
  it('puts what was fetched under its version and nothing beside it', async () => {
    const env = newCache();
    const at = await fillCache(filler('2.13.0+cpu'), env);
    expect(at).toBe(path.join(env.ENAS_TORCH_CACHE, 'libtorch-2.13.0+cpu'));
    expect(readdirSync(env.ENAS_TORCH_CACHE)).toEqual(['libtorch-2.13.0+cpu']);
  });

  it('leaves nothing behind when the fetch fails', async () => {
    const env = newCache();
    const failing = async (folder: string) => {
      fakeLibtorch(folder, '2.13.0+cpu');
      throw new Error('the line went dead');
    };
    await expect(fillCache(failing, env)).rejects.toThrow('the line went dead');
    expect(readdirSync(env.ENAS_TORCH_CACHE)).toEqual([]);
  });

  it('does not take what is no libtorch', async () => {
    const env = newCache();
    const empty = async () => ({ version: '2.13.0+cpu' });
    await expect(fillCache(empty, env)).rejects.toThrow('lib/libtorch.so is missing');
    expect(readdirSync(env.ENAS_TORCH_CACHE)).toEqual([]);
  });

  it('removes what a killed fetch left, and not what a living one has', async () => {
    const env = newCache();
    const dead = path.join(env.ENAS_TORCH_CACHE, '.staging-4194305');
    const living = path.join(env.ENAS_TORCH_CACHE, '.staging-1');
    for (const folder of [dead, living]) mkdirSync(folder, { recursive: true });
    await fillCache(filler('2.13.0+cpu'), env);
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(living)).toBe(true);
  });

  it('exchanges a damaged entry of the same version', async () => {
    const env = newCache();
    mkdirSync(path.join(env.ENAS_TORCH_CACHE, 'libtorch-2.13.0+cpu', 'lib'), { recursive: true });
    await fillCache(filler('2.13.0+cpu'), env);
    expect(resolveLibtorch({ env }).found).toMatchObject({ version: '2.13.0+cpu' });
  });
});

describe('the chosen entry', () => {
  it('is the directory linked last, by its real path, until another is chosen', async () => {
    const env = newCache();
    const cpu = await fillCache(filler('2.13.0+cpu'), env);
    const elsewhere = fakeLibtorch(scratchFolder(), '2.13.0+cu126', { cuda: true });
    const found = () => resolveLibtorch({ env }).found?.root;
    expect(found()).toBe(cpu);
    await new Promise((resolve) => setTimeout(resolve, 20));
    linkIntoCache(elsewhere, '2.13.0+cu126', env);
    expect(found()).toBe(elsewhere);
    await new Promise((resolve) => setTimeout(resolve, 20));
    chooseInCache(cpu);
    expect(found()).toBe(cpu);
  });
});
