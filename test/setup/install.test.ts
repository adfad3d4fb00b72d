import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, truncateSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { wheel, zip } from './archives.ts';
import {
  fakeLibtorch,
  libtorchFiles,
  runInstall,
  scratchFolder,
  scratchPackage,
  writeTree,
} from './scratch.ts';

const record = (root: string) =>
  JSON.parse(readFileSync(path.join(root, 'build/Release/built-against.json'), 'utf8'));

describe('setup --from', () => {
  it('takes lib, include and share of a wheel into the cache, builds, writes down what with', () => {
    const root = scratchPackage();
    const cache = scratchFolder();
    const { status, text } = runInstall(root, ['--from', wheel('2.13.0+cpu')], {
      ENAS_TORCH_CACHE: cache,
    });
    expect(text).toContain('the addon is built and loads');
    expect(status).toBe(0);
    const at = path.join(cache, 'libtorch-2.13.0+cpu');
    expect(existsSync(path.join(at, 'share/cmake/Torch/TorchConfig.cmake'))).toBe(true);
    expect(existsSync(path.join(at, '__init__.py'))).toBe(false);
    expect(record(root)).toMatchObject({
      version: '2.13.0+cpu',
      path: at,
      cuda: false,
      cxx11Abi: true,
      node: process.version,
    });
    // The next build goes on with it, unasked.
    const again = runInstall(root, [], { ENAS_TORCH_CACHE: cache });
    expect(again.text).toContain(
      `the addon is up to date and loads (libtorch 2.13.0+cpu at ${at})`,
    );
  });

  it('takes a directory where it lies', () => {
    const libtorch = fakeLibtorch(scratchFolder(), '2.12.0+cpu');
    const root = scratchPackage();
    const env = { ENAS_TORCH_CACHE: scratchFolder() };
    expect(runInstall(root, ['--from', libtorch], env).status).toBe(0);
    expect(record(root)).toMatchObject({ version: '2.12.0+cpu', path: libtorch });
  });

  const truncated = () => {
    const file = wheel('2.13.0+cpu');
    truncateSync(file, statSync(file).size - 200);
    return file;
  };
  it.each<[string, () => string, string]>([
    [
      'a wheel with a changed file',
      () => wheel('2.13.0+cpu', { spoil: 'torch/lib/libc10.so' }),
      "torch/lib/libc10.so does not have the checksum in the wheel's RECORD",
    ],
    ['a wheel that was cut off', truncated, 'File is not a zip file'],
    ['a CUDA wheel', () => wheel('2.13.0+cu126', { cuda: true }), 'it is a CUDA wheel'],
    ['another zip', () => zip({ 'a.txt': 'a' }), 'it holds no lib/libtorch_cpu.so'],
    [
      'a zip that writes outside',
      () =>
        zip({
          ...libtorchFiles('2.13.0', { prefix: 'libtorch/' }),
          'libtorch/build-version': '2.13.0',
          'libtorch/lib/../../../evil.so': '',
        }),
      'points out of the archive',
    ],
    ['an unsupported version', () => wheel('2.9.0+cpu'), 'version 2.9.0+cpu is not supported'],
    ['nothing', () => '/nowhere.whl', '--from: /nowhere.whl does not exist'],
    ['a directory that is no libtorch', scratchFolder, 'lib/libtorch.so is missing'],
  ])('refuses %s and leaves the cache as it was', (_, make, reason) => {
    const cache = scratchFolder();
    const kept = fakeLibtorch(path.join(cache, 'libtorch-2.13.0+cpu'), '2.13.0+cpu');
    const before = statSync(kept).mtimeMs;
    const root = scratchPackage();
    const { status, text } = runInstall(root, ['--from', make()], { ENAS_TORCH_CACHE: cache });
    expect(text).toContain(reason);
    expect(status).toBe(1);
    expect(spawnSync('ls', ['-A', cache], { encoding: 'utf8' }).stdout).toBe(
      'libtorch-2.13.0+cpu\n',
    );
    expect(statSync(kept).mtimeMs).toBe(before);
    expect(existsSync(path.join(root, 'build'))).toBe(false);
  });
});

describe('a build', () => {
  const setUp = () => {
    const root = scratchPackage();
    const LIBTORCH = fakeLibtorch(scratchFolder(), '2.13.0+cpu');
    const addon = path.join(root, 'build/Release/enas_torch.node');
    const linked = () => statSync(addon).mtimeMs;
    const build = () => runInstall(root, [], { LIBTORCH });
    return { root, LIBTORCH, linked, build };
  };

  it('compiles what changed, and nothing for the new times that npm gives the Node-API headers', () => {
    const { build, linked, root } = setUp();
    expect(build().status).toBe(0);
    const before = linked();
    const header = path.join(root, 'node_modules/node-api-headers/include/node_api.h');
    const { atime, mtime } = statSync(header);
    utimesSync(header, new Date(), new Date());
    try {
      expect(build().text).toContain('up to date');
    } finally {
      utimesSync(header, atime, mtime);
    }
    expect(linked()).toBe(before);

    writeTree(root, {
      'native/addon.cc': `#include <node_api.h>
NAPI_MODULE_INIT() { napi_value v; napi_create_int32(env, 7, &v); return v; }
`,
    });
    expect(build().text).toContain('the addon is built and loads');
    const script = `console.log(require('${root}/build/Release/enas_torch.node'))`;
    expect(spawnSync('node', ['-e', script], { encoding: 'utf8' }).stdout).toBe('7\n');
  });

  it('shows the first error of the compiler, once, and keeps the addon there was', () => {
    const { build, root } = setUp();
    writeTree(root, {
      'native/addon.cc': '#error "the moon is in the way"\n',
      'build/Release/enas_torch.node': 'the addon there was',
    });
    const { status, text } = build();
    expect(status).toBe(1);
    expect(text.split('error: #error "the moon is in the way"')).toHaveLength(2);
    expect(text).toContain(path.join(root, 'build/build.log'));
    const addon = path.join(root, 'build/Release/enas_torch.node');
    expect(readFileSync(addon, 'utf8')).toBe('the addon there was');
  });

  it('starts afresh for another libtorch in the same place', () => {
    const { build, root, LIBTORCH } = setUp();
    expect(build().status).toBe(0);
    fakeLibtorch(LIBTORCH, '2.14.0+cpu');
    const { status, text } = build();
    expect(status).toBe(0);
    expect(text).toContain('configuring the addon for libtorch 2.14.0+cpu');
    expect(record(root)).toMatchObject({ version: '2.14.0+cpu' });
  });

  it('goes on after a configuration that was cut off', () => {
    const { build, root } = setUp();
    writeTree(root, { 'build/cmake/CMakeCache.txt': 'LIBTORCH:PATH=/half\n' });
    expect(build().status).toBe(0);
  });

  it('fails if the addon does not load', () => {
    const { build, root } = setUp();
    writeTree(root, {
      'native/addon.cc': `#include <node_api.h>
extern "C" void from_nowhere();
NAPI_MODULE_INIT() { from_nowhere(); return exports; }
`,
    });
    const { status, text } = build();
    expect(status).toBe(1);
    expect(text).toContain('undefined symbol: from_nowhere');
    expect(text).toContain('built but cannot be loaded');
  });
});
