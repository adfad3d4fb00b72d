/**
 * Compiles and links the addon against CUDA builds of libtorch on a machine that needs no GPU, loads
 * it with every symbol resolved, and computes on the CPU with it. Nothing runs on a GPU.
 *
 *     npm run check:cuda                               against the newest version (4.5 GB, kept)
 *     npm run check:cuda -- --torch 2.11.0             against another one
 *     npm run check:cuda -- --headers <libtorch>       also compile native/cuda against its headers
 *     LIBTORCH=<a CUDA build> npm run check:cuda       against that one; nothing is fetched
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildWithCuda } from './check-cuda/build.mjs';
import { cudaLibtorch } from './check-cuda/fetch.mjs';
import { compileAgainstHeaders } from './check-cuda/headers.mjs';
import { smoke } from './check-cuda/smoke.mjs';
import { inspectLibtorch } from './libtorch.mjs';
import { SetupFailure } from './setup/failure.mjs';
import { createReporter } from './setup/reporter.mjs';
import { findProgram } from './setup/tools.mjs';

const packageRoot = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const reporter = createReporter();

try {
  await check();
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  reporter.line(error.message);
  for (const remedy of error.remedies) reporter.line(`  → ${remedy}`);
  process.exitCode = 1;
}

async function check() {
  const { values } = parseArgs({
    options: {
      torch: { type: 'string', default: '2.14.1' },
      headers: { type: 'string', multiple: true, default: [] },
    },
  });
  const root = await cudaLibtorch(values.torch, { reporter });
  const libtorch = inspectLibtorch(root);
  reporter.line(`libtorch ${libtorch.version} at ${libtorch.root}`);
  for (const headers of values.headers) {
    await compileAgainstHeaders({ packageRoot, headers, runtime: libtorch.root, reporter });
  }
  const addon = await buildWithCuda({ packageRoot, libtorch, reporter });
  smoke(addon, reporter);
  const kernels = readdirSync(path.join(packageRoot, 'native'), { recursive: true }).filter(
    (name) => name.endsWith('.cu'),
  );
  const nvcc = findProgram('nvcc') ?? 'none';
  reporter.line(
    kernels.length === 0
      ? `no .cu files to compile (nvcc: ${nvcc})`
      : `.cu files are not compiled by this check: ${kernels.join(', ')} (nvcc: ${nvcc})`,
  );
  reporter.line('compiled, linked and loaded; NOTHING RAN ON A GPU: that takes scripts/gpu-check');
}
