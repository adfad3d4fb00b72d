import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { inspectLibtorch } from '../libtorch.mjs';
import { SetupFailure } from '../setup/failure.mjs';
import { run } from '../setup/run.mjs';
import { findCompiler } from '../setup/tools.mjs';
import { nodeApiHeaders } from './build.mjs';

/**
 * Compiles native/cuda against the headers of another libtorch, CPU builds too: those bring ATen's
 * CUDA headers, though not the CUDA runtime's, which come from beside `runtime`. Nothing is linked.
 */
export async function compileAgainstHeaders({ packageRoot, headers, runtime, reporter }) {
  const seen = inspectLibtorch(headers);
  if (seen.problem !== undefined) {
    throw new SetupFailure(`--headers: ${headers}: ${seen.problem}.`, []);
  }
  const require = createRequire(path.join(packageRoot, 'package.json'));
  const system = [
    `${seen.root}/include`,
    // One generated header is missing from CPU builds (c10/cuda/impl/cuda_cmake_macros.h).
    `${runtime}/include`,
    ...[`${runtime}/../nvidia/cu13/include`, '/usr/local/cuda/include'].filter(existsSync),
  ];
  const flags = ['-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Wno-unused-parameter'];
  flags.push('-DENAS_CUDA', '-DNAPI_VERSION=9', '-DNODE_ADDON_API_DISABLE_DEPRECATED');
  flags.push(`-I${packageRoot}/native`, `-I${nodeApiHeaders(packageRoot)}`);
  flags.push(`-I${path.dirname(require.resolve('node-addon-api/package.json'))}`);
  flags.push(...system.flatMap((directory) => ['-isystem', directory]));
  const folder = path.join(packageRoot, 'native', 'cuda');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cc'))) {
    const status = await run(findCompiler().path, [...flags, path.join(folder, name)], {
      onLine: (line) => reporter.quote(`  ${line}`),
    });
    if (status !== 0) {
      throw new SetupFailure(`native/cuda/${name} does not compile against ${seen.version}.`, []);
    }
  }
  reporter.line(`native/cuda compiles against the headers of libtorch ${seen.version}`);
}
