/**
 * Where libtorch is: the one answer that the build, the loader and `doctor` share.
 *
 * Order: the environment variable LIBTORCH (set and wrong is an error, never a reason to look
 * further); the project's own cache; a Python `torch` in reach; the system's directories.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** The versions that the addon compiles against and is tested with, by major.minor. */
export const SUPPORTED = { oldest: '2.11', newest: '2.14' };

const SYSTEM_ROOTS = [
  '/usr/local/libtorch',
  '/usr/local/lib/libtorch',
  '/opt/libtorch',
  '/usr/lib/libtorch',
  '/usr/local',
  '/usr',
];

const NEEDED_FILES = [
  'lib/libtorch.so',
  'lib/libtorch_cpu.so',
  'lib/libc10.so',
  'include/ATen/ATen.h',
];

/** The directory that holds every libtorch this project fetched. */
export function cacheDirectory(env = process.env) {
  if (env.ENAS_TORCH_CACHE) return path.resolve(env.ENAS_TORCH_CACHE);
  return path.join(env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'enas-torch');
}

/** True if a version like "2.13.0+cpu" is one of {@link SUPPORTED}. */
export function isSupported(version) {
  const [major, minor] = version.split('.').map((part) => Number.parseInt(part, 10));
  const bounds = [SUPPORTED.oldest, SUPPORTED.newest].map((bound) => bound.split('.').map(Number));
  return major === bounds[0][0] && minor >= bounds[0][1] && minor <= bounds[1][1];
}

/**
 * Looks at one directory.
 *
 * @returns `{root, version, cuda}` with links resolved, or `{root, problem}` if it is no libtorch
 *   that can be used; `version` is there as well when it is one of an unsupported version.
 */
export function inspectLibtorch(directory) {
  if (!existsSync(directory)) return { root: directory, problem: 'no such directory' };
  const root = realpathSync(directory);
  const missing = NEEDED_FILES.find((file) => !existsSync(path.join(root, file)));
  if (missing !== undefined) {
    const nested = ['torch', 'libtorch'].find((name) =>
      existsSync(path.join(root, name, NEEDED_FILES[0])),
    );
    const hint = nested === undefined ? '' : ` (did you mean ${path.join(root, nested)}?)`;
    return { root, problem: `${missing} is missing${hint}` };
  }
  const version = readVersion(root);
  if (version === undefined) return { root, problem: 'its headers do not tell its version' };
  const cuda = existsSync(path.join(root, 'lib/libtorch_cuda.so'));
  if (!isSupported(version)) {
    const problem = `version ${version} is not supported (${SUPPORTED.oldest} to ${SUPPORTED.newest})`;
    return { root, version, cuda, problem };
  }
  return { root, version, cuda };
}

/** "2.13.0+cpu" where the distribution names its variant, else "2.13.0" from the headers. */
function readVersion(root) {
  const header = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']
    .map((name) => readIfThere(path.join(root, 'include', name)))
    .map((text) => /#define TORCH_VERSION\s*\\?\s*"([^"]+)"/.exec(text)?.[1])
    .find((found) => found !== undefined);
  const named =
    readIfThere(path.join(root, 'build-version')).trim() ||
    /__version__ = '([^']+)'/.exec(readIfThere(path.join(root, 'version.py')))?.[1];
  // A stale build-version beside newer headers would hide an exchanged libtorch.
  if (header === undefined) return named || undefined;
  return named?.startsWith(header) ? named : header;
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The cache's entries, the one set up last first. */
function cachedRoots(env) {
  const cache = cacheDirectory(env);
  if (!existsSync(cache)) return [];
  return readdirSync(cache)
    .filter((name) => name.startsWith('libtorch-'))
    .map((name) => path.join(cache, name))
    .sort((a, b) => lstatSync(b).mtimeMs - lstatSync(a).mtimeMs);
}

/** The directory of the `torch` that `python3` would import, without importing it. */
function pythonRoot(env, python) {
  // With -c the working directory leads sys.path, and any folder named torch in it would be found.
  const script = [
    'import sys, importlib.util',
    'sys.path[:] = [p for p in sys.path if p]',
    'spec = importlib.util.find_spec("torch")',
    'print(list(spec.submodule_search_locations)[0] if spec else "")',
  ].join('\n');
  const result = spawnSync(python, ['-c', script], { env, encoding: 'utf8', timeout: 20_000 });
  if (result.error?.code === 'ENOENT') return { outcome: `${python} is not on the PATH` };
  if (result.status !== 0) return { outcome: `${python} failed to start` };
  const root = result.stdout.trim();
  return root === '' ? { outcome: `${python} has no torch` } : { root };
}

/**
 * Finds libtorch.
 *
 * @returns `found`: `{root, version, cuda, source}` or null; `failure`: the reason to stop when
 *   LIBTORCH is set and wrong; `tried`: every place looked at and what came of it, in order.
 */
export function resolveLibtorch({
  env = process.env,
  python = 'python3',
  systemRoots = SYSTEM_ROOTS,
} = {}) {
  const tried = [];
  const attempt = (source, directory) => {
    const seen = inspectLibtorch(directory);
    const outcome = seen.problem ?? `libtorch ${seen.version}, ${seen.cuda ? 'CUDA' : 'CPU'} build`;
    tried.push({ source, path: seen.root, outcome });
    return seen.problem === undefined ? { ...seen, source } : null;
  };

  if (env.LIBTORCH) {
    const found = attempt('LIBTORCH', env.LIBTORCH);
    if (found) return { found, tried };
    const { path: at, outcome } = tried[0];
    return { found: null, failure: `LIBTORCH names ${at}: ${outcome}`, tried };
  }
  tried.push({ source: 'LIBTORCH', outcome: 'not set' });

  const cached = cachedRoots(env);
  if (cached.length === 0) {
    tried.push({ source: 'cache', path: cacheDirectory(env), outcome: 'empty' });
  }
  for (const root of cached) {
    const found = attempt('cache', root);
    if (found) return { found, tried };
  }

  const fromPython = pythonRoot(env, python);
  if (fromPython.root === undefined) {
    tried.push({ source: 'Python', outcome: fromPython.outcome });
  } else {
    const found = attempt('Python', fromPython.root);
    if (found) return { found, tried };
  }

  const present = systemRoots.filter((root) => existsSync(path.join(root, 'lib/libtorch_cpu.so')));
  if (present.length === 0) {
    tried.push({ source: 'system', outcome: `none in ${systemRoots.join(', ')}` });
  }
  for (const root of present) {
    const found = attempt('system', root);
    if (found) return { found, tried };
  }
  return { found: null, tried };
}

/** One line for each place that was looked at. */
export function describeTried(tried) {
  return tried.map(({ source, path: at, outcome }) =>
    at === undefined ? `${source}: ${outcome}` : `${source}: ${at}: ${outcome}`,
  );
}
