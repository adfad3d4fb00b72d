import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupFailure } from './failure.mjs';

/** The first compilers with the C++20 that the addon and libtorch's headers need. */
const OLDEST_COMPILER = { 'g++': 11, 'clang++': 14 };

/** The absolute path of a program, or undefined. A name with a slash is taken as it is. */
export function findProgram(name, env = process.env) {
  const candidates = name.includes('/')
    ? [name]
    : (env.PATH ?? '').split(path.delimiter).map((directory) => path.join(directory, name));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function output(program, args, env) {
  const result = spawnSync(program, args, { env, encoding: 'utf8', timeout: 20_000 });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The C++ compiler that CMake will use: CXX if it is set, else g++, else clang++. */
export function findCompiler(env = process.env) {
  const wanted = env.CXX ? [env.CXX.split(' ')[0]] : ['g++', 'clang++'];
  for (const name of wanted) {
    const at = findProgram(name, env);
    if (at === undefined) continue;
    // g++ gives its major version alone for -dumpversion; clang++ does not know the other.
    const version =
      output(at, ['-dumpfullversion', '-dumpversion'], env) ?? output(at, ['-dumpversion'], env);
    return { name, path: at, version };
  }
  return undefined;
}

export function findCMake(env = process.env) {
  const at = findProgram('cmake', env);
  if (at === undefined) return undefined;
  const version = /cmake version (\S+)/.exec(output(at, ['--version'], env) ?? '')?.[1];
  return { path: at, version };
}

/** The CMake version that CMakeLists.txt asks for. */
export function requiredCMake(packageRoot) {
  const text = readFileSync(path.join(packageRoot, 'CMakeLists.txt'), 'utf8');
  return /cmake_minimum_required\s*\(\s*VERSION\s+([\d.]+)/i.exec(text)?.[1] ?? '0';
}

function isOlder(version, wanted) {
  const [a, b] = [version, wanted].map((text) => text.split('.').map(Number));
  for (let i = 0; i < b.length; i++) {
    if ((a[i] ?? 0) !== b[i]) return (a[i] ?? 0) < b[i];
  }
  return false;
}

/** What the build lacks: `{what, debian}` each, `debian` the package that brings it. */
export function missingForBuild(packageRoot, env = process.env) {
  const missing = [];
  const compiler = findCompiler(env);
  if (compiler === undefined) {
    missing.push({
      what: env.CXX
        ? `the C++ compiler that CXX names (${env.CXX})`
        : 'a C++ compiler (g++ or clang++)',
      debian: 'g++',
    });
  } else {
    const oldest = OLDEST_COMPILER[path.basename(compiler.name)];
    if (oldest !== undefined && compiler.version && isOlder(compiler.version, String(oldest))) {
      missing.push({
        what: `${compiler.name} ${oldest} or newer (${compiler.path} is ${compiler.version})`,
        debian: 'g++',
      });
    }
  }
  const cmake = findCMake(env);
  const wantedCMake = requiredCMake(packageRoot);
  if (cmake === undefined) {
    missing.push({ what: 'CMake', debian: 'cmake' });
  } else if (cmake.version && isOlder(cmake.version, wantedCMake)) {
    missing.push({
      what: `CMake ${wantedCMake} or newer (${cmake.path} is ${cmake.version})`,
      debian: 'cmake',
    });
  }
  if (findProgram('make', env) === undefined && findProgram('ninja', env) === undefined) {
    missing.push({ what: 'make (or ninja)', debian: 'make' });
  }
  return missing;
}

/** What fetching or unpacking libtorch lacks; pip only for the wheel. */
export function missingForFetch({ pip = true, env = process.env } = {}) {
  if (findProgram('python3', env) === undefined) {
    const packages = pip ? 'python3 python3-pip' : 'python3';
    return [{ what: pip ? 'Python 3 with pip' : 'Python 3', debian: packages }];
  }
  if (pip && output('python3', ['-m', 'pip', '--version'], env) === undefined) {
    return [{ what: "Python's pip", debian: 'python3-pip' }];
  }
  return [];
}

/** Throws one {@link SetupFailure} that names everything in `missing`, if there is anything. */
export function demand(missing, purpose, alternatives = []) {
  if (missing.length === 0) return;
  const packages = missing.map(({ debian }) => debian).join(' ');
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  throw new SetupFailure(
    `${purpose} needs ${missing.map(({ what }) => what).join(', ')}: not found.`,
    [`${sudo}apt-get update && ${sudo}apt-get install -y ${packages}`, ...alternatives],
  );
}
