import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import { SetupFailure } from './failure.mjs';
import { run } from './run.mjs';
import { findCompiler } from './tools.mjs';

/** A translation unit with libtorch's headers takes up to this much memory to compile. */
const BYTES_PER_JOB = 2.5e9;

/**
 * Builds build/<variant>/enas_torch.node by cmake-js, `Release` unless told otherwise; another variant
 * is one built with `flags` for compiler and linker. CMake decides what has to be built; where nothing
 * changed that takes a second.
 *
 * @returns true if the addon is a new one
 */
export async function compileAddon({
  packageRoot,
  libtorch,
  reporter,
  env = process.env,
  variant = 'Release',
  flags,
}) {
  // Not build/ itself, which node-gyp uses for a makefile of its own.
  const tree = path.join(
    packageRoot,
    'build',
    variant === 'Release' ? 'cmake' : `cmake-${variant}`,
  );
  const addon = path.join(packageRoot, 'build', variant, 'enas_torch.node');
  const configured = keepOrRemove(tree, packageRoot, libtorch);
  const headers = mirrorNodeApiHeaders(packageRoot);
  const jobs = env.CMAKE_BUILD_PARALLEL_LEVEL || String(jobCount());
  const args = ['--directory', packageRoot, '--out', tree, '--parallel', jobs];
  args.push(`--CDLIBTORCH=${libtorch.root}`, `--CDLIBTORCH_VERSION=${libtorch.version}`);
  args.push(`--CDCMAKE_JS_INC=${headers}`);
  // Not by CXXFLAGS, in place of which cmake-js gives CMake flags of its own.
  if (flags !== undefined) args.push(`--CDCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG ${flags}`);
  const context = { packageRoot, tree, reporter, env };
  if (!configured) {
    reporter.line(`configuring the addon for libtorch ${libtorch.version} at ${libtorch.root}`);
    await cmakeJs('configure', args, context);
  }
  await cmakeJs('build', args, context);
  return putInPlace(path.join(tree, 'Release', 'enas_torch.node'), addon);
}

/**
 * Copies a newly linked addon to where it is loaded from, by a rename: a process that starts
 * meanwhile loads the old one or the new one, whole.
 *
 * @returns false if it was there already
 */
function putInPlace(linked, addon) {
  const { atime, mtime, mtimeMs, size } = statSync(linked);
  const present = statSync(addon, { throwIfNoEntry: false });
  // utimes keeps milliseconds, the linker's time is finer.
  if (present?.size === size && Math.abs(present.mtimeMs - mtimeMs) < 2) return false;
  const partial = `${addon}.partial`;
  mkdirSync(path.dirname(addon), { recursive: true });
  copyFileSync(linked, partial);
  utimesSync(partial, atime, mtime);
  renameSync(partial, addon);
  return true;
}

function jobCount() {
  const byMemory = Math.floor(totalmem() / BYTES_PER_JOB);
  return Math.max(1, Math.min(availableParallelism(), byMemory));
}

/**
 * Removes a build tree that this build cannot go on with: made for another libtorch or in another
 * place, half configured, or by tools that are gone.
 *
 * @returns true if the tree was kept
 */
function keepOrRemove(tree, packageRoot, libtorch) {
  const cache = readCMakeCache(path.join(tree, 'CMakeCache.txt'));
  const usable =
    cache.get('LIBTORCH') === libtorch.root &&
    cache.get('LIBTORCH_VERSION') === libtorch.version &&
    cache.get('CMAKE_HOME_DIRECTORY') === packageRoot &&
    ['CMAKE_COMMAND', 'CMAKE_MAKE_PROGRAM', 'CMAKE_CXX_COMPILER'].every((name) =>
      existsSync(cache.get(name) ?? ''),
    ) &&
    ['build.ninja', 'Makefile'].some((name) => existsSync(path.join(tree, name)));
  if (!usable) rmSync(tree, { recursive: true, force: true });
  return usable;
}

function readCMakeCache(file) {
  if (!existsSync(file)) return new Map();
  const entries = readFileSync(file, 'utf8').matchAll(/^([A-Za-z_]\w*):[A-Z]+=(.*)$/gm);
  return new Map(Array.from(entries, ([, name, value]) => [name, value]));
}

/**
 * Copies the Node-API headers into the build folder where their content changed. npm gives every
 * file it installs a new time, so that each `npm ci` would have had everything compiled again.
 */
function mirrorNodeApiHeaders(packageRoot) {
  const require = createRequire(path.join(packageRoot, 'package.json'));
  const sources = [
    createRequire(require.resolve('cmake-js/package.json'))('node-api-headers').include_dir,
    path.dirname(require.resolve('node-addon-api/package.json')),
  ];
  const mirror = path.join(packageRoot, 'build', 'node-api');
  mkdirSync(mirror, { recursive: true });
  for (const directory of sources) {
    for (const name of readdirSync(directory).filter((file) => file.endsWith('.h'))) {
      const [from, to] = [path.join(directory, name), path.join(mirror, name)];
      if (!existsSync(to) || !readFileSync(from).equals(readFileSync(to))) copyFileSync(from, to);
    }
  }
  return mirror;
}

async function cmakeJs(command, args, { packageRoot, tree, reporter, env }) {
  const require = createRequire(path.join(packageRoot, 'package.json'));
  const program = require.resolve('cmake-js/bin/cmake-js');
  const log = path.join(packageRoot, 'build', `${command}.log`);
  writeFileSync(log, '');
  const said = [];
  const clean = { ...env };
  // From node-gyp's make: its job server is not ours, and CMake's make would complain of it.
  for (const name of ['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL']) delete clean[name];
  // The compiler whose version was checked, where CMake alone would take c++.
  clean.CXX ||= findCompiler(env)?.path;
  const status = await run(process.execPath, [program, command, ...args], {
    env: clean,
    cwd: packageRoot,
    onLine: (line) => {
      appendFileSync(log, `${line}\n`);
      said.push(line);
      const step = /^\[\s*(\d+%|\d+\/\d+)\] ((?:Building|Linking) .+)$/.exec(line);
      if (step) reporter.progress(`compiling ${step[1]} ${shorten(step[2])}`);
    },
  });
  if (status === 0) return;
  for (const line of excerpt(said)) reporter.quote(`  ${line}`);
  if (command === 'configure') rmSync(tree, { recursive: true, force: true });
  throw new SetupFailure(
    `The addon could not be ${command === 'build' ? 'compiled' : 'configured'} (above; all of it in ${log}).`,
    [
      /Killed|cc1plus.*terminated|out of memory/i.test(said.join('\n'))
        ? 'the compiler ran out of memory: CMAKE_BUILD_PARALLEL_LEVEL=1 npm run build:native'
        : 'after mending it: npm run build:native',
    ],
  );
}

/** "native/ops/math.cc" out of CMake's words for a step. */
function shorten(step) {
  return /CMakeFiles\/[^/]+\.dir\/(.+)\.(?:o|gch)$/.exec(step)?.[1] ?? step;
}

/** The lines from the first error on, or the last ones; at most 40. */
function excerpt(said) {
  const first = said.findIndex((line) => /\berror\b/i.test(line));
  return first === -1 ? said.slice(-40) : said.slice(first, first + 40);
}
