import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SetupFailure } from '../setup/failure.mjs';
import { run } from '../setup/run.mjs';
import { demand, findCMake, findCompiler, missingForBuild } from '../setup/tools.mjs';

/**
 * Builds the addon with native/cuda in a build tree of its own, by plain CMake.
 *
 * @returns the addon's path
 */
export async function buildWithCuda({ packageRoot, libtorch, reporter, env = process.env }) {
  demand(missingForBuild(packageRoot, env), 'Building the addon');
  const tree = path.join(packageRoot, 'build', 'check-cuda', libtorch.version);
  const cmake = findCMake(env).path;
  const context = { reporter, env: { ...env, CXX: env.CXX || findCompiler(env).path } };
  const configure = ['-S', packageRoot, '-B', tree, `-DLIBTORCH=${libtorch.root}`];
  configure.push(`-DCMAKE_JS_INC=${nodeApiHeaders(packageRoot)}`, '-DENAS_CUDA=ON');
  const said = await step(cmake, configure, 'configured', context);
  if (!said.some((line) => line.includes('native/cuda with'))) {
    rmSync(tree, { recursive: true, force: true });
    throw new SetupFailure('native/cuda was left out: no CUDA runtime headers were found.', [
      'install a CUDA toolkit, or name one: export CUDA_HOME=<directory>',
    ]);
  }
  const jobs = env.CMAKE_BUILD_PARALLEL_LEVEL || '2';
  await step(cmake, ['--build', tree, '--parallel', jobs], 'compiled and linked', context);
  return path.join(tree, 'Release', 'enas_torch.node');
}

/** Where node_api.h is. */
export function nodeApiHeaders(packageRoot) {
  const require = createRequire(path.join(packageRoot, 'package.json'));
  return createRequire(require.resolve('cmake-js/package.json'))('node-api-headers').include_dir;
}

async function step(program, args, what, { reporter, env }) {
  const said = [];
  const status = await run(program, args, {
    env,
    onLine: (line) => {
      said.push(line);
      reporter.progress(line.slice(0, 120));
    },
  });
  if (status === 0 && existsSync(program)) return said;
  for (const line of said.slice(-40)) reporter.quote(`  ${line}`);
  throw new SetupFailure(`The addon could not be ${what} with CUDA (above).`, []);
}
