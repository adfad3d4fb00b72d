import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** An empty folder of the present test's own. */
export function scratchFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'enas-torch-setup-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files given by their paths, making the folders on the way. */
export function writeTree(root: string, files: Record<string, string>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

/** The files by which a libtorch is known, under a prefix; no library in them is real. */
export function libtorchFiles(version: string, { cuda = false, prefix = '' } = {}) {
  const files: Record<string, string> = {
    'lib/libtorch.so': '',
    'lib/libtorch_cpu.so': 'library',
    'lib/libc10.so': '__cxx1112basic_string',
    'include/ATen/ATen.h': '',
    'include/torch/headeronly/version.h': `#define TORCH_VERSION \\\n  "${version.split('+')[0]}"\n`,
    'share/cmake/Torch/TorchConfig.cmake': '',
    ...(cuda ? { 'lib/libtorch_cuda.so': '' } : {}),
  };
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [prefix + name, text]));
}

/** A libtorch to be found; `version` may name a variant ("2.13.0+cpu"), as a libtorch zip does. */
export function fakeLibtorch(root: string, version: string, options: { cuda?: boolean } = {}) {
  return writeTree(root, { ...libtorchFiles(version, options), 'build-version': `${version}\n` });
}

/** A package with the repository's own set-up scripts and an addon that compiles in a second. */
export function scratchPackage(): string {
  const root = scratchFolder();
  cpSync(path.join(REPOSITORY, 'scripts'), path.join(root, 'scripts'), { recursive: true });
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(root, 'node_modules'));
  return writeTree(root, {
    'package.json': '{ "name": "scratch", "binary": { "napi_versions": [9] } }',
    'CMakeLists.txt': `cmake_minimum_required(VERSION 3.18)
project(enas_torch LANGUAGES CXX)
add_library(enas_torch SHARED native/addon.cc)
target_include_directories(enas_torch PRIVATE \${CMAKE_JS_INC})
set_target_properties(enas_torch PROPERTIES PREFIX "" SUFFIX ".node"
  LIBRARY_OUTPUT_DIRECTORY \${CMAKE_BINARY_DIR}/Release)
`,
    'native/addon.cc': `#include <node_api.h>
NAPI_MODULE_INIT() { return exports; }
`,
  });
}

/** A package whose addon is built, against a libtorch whose libraries are none. */
export function builtPackage(linkerOptions: string[] = []) {
  const root = scratchFolder();
  const libtorch = fakeLibtorch(scratchFolder(), '2.13.0+cpu');
  const built = { version: '2.13.0+cpu', path: libtorch, cuda: false };
  writeTree(root, {
    'addon.cc':
      'extern "C" void* napi_register_module_v1(void*, void* exports) { return exports; }',
    'build/Release/built-against.json': JSON.stringify(built),
  });
  shareLibrary(
    path.join(root, 'addon.cc'),
    path.join(root, 'build/Release/enas_torch.node'),
    linkerOptions,
  );
  return { root, libtorch };
}

/** Compiles and links a shared library. */
export function shareLibrary(source: string, target: string, options: string[] = []): void {
  const args = ['-shared', '-fPIC', '-o', target, source, ...options];
  const { status, stderr } = spawnSync('g++', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** Runs scripts/install.mjs of a package with nothing but `env` and the tools on the PATH. */
export function runInstall(
  packageRoot: string,
  args: string[],
  env: Record<string, string | undefined>,
) {
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [path.join(packageRoot, 'scripts/install.mjs'), ...args],
    { cwd: packageRoot, encoding: 'utf8', env: { PATH: process.env.PATH, ...env } },
  );
  return { status, text: stdout + stderr };
}

/** A folder for the PATH with links to the named programs and nothing else. */
export function pathWith(...programs: string[]): string {
  const folder = scratchFolder();
  for (const name of programs) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(realpathSync(found), path.join(folder, name));
  }
  return folder;
}
