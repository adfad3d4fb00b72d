/**
 * Builds the addon under AddressSanitizer and UndefinedBehaviorSanitizer and runs the tests of what is
 * native on it. Only our own code is instrumented, not libtorch.
 *
 *     npm run test:asan                       test/native, test/torch, test/graph
 *     npm run test:asan -- test/torch/nn …    these files, as vitest takes them
 *     npm run test:asan -- --leaks [file…]    test/torch, test/graph, and what is leaked at the end
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveLibtorch } from './libtorch.mjs';
import { compileAddon } from './setup/compile.mjs';
import { createReporter } from './setup/reporter.mjs';
import { run } from './setup/run.mjs';

const variant = 'Sanitized';
const packageRoot = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const words = process.argv.slice(2);
const leaks = words.includes('--leaks');
const given = words.filter((word) => word !== '--leaks');
// Processes that tests of test/native end on purpose free nothing.
const files =
  given.length > 0 ? given : [...(leaks ? [] : ['test/native']), 'test/torch', 'test/graph'];
// Leaks are looked for when a process exits, and vitest kills its forks. A thread is an environment
// that Node takes down, the process that of vitest itself.
const pool = leaks ? ['--pool=threads', '--maxWorkers=1'] : [];

// libtorch is compiled without the type information that vptr checks look for.
const flags = '-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined -g1';
const { found } = resolveLibtorch();
if (found === null) throw new Error('no libtorch: npm run build:native');
await compileAddon({
  packageRoot,
  libtorch: found,
  reporter: createReporter(),
  variant,
  flags,
});

const addon = path.join(packageRoot, 'build', variant, 'enas_torch.node');
if (!readFileSync(addon).includes('__asan_report_load')) {
  throw new Error(`${addon}: expected an instrumented addon; the compiler was not given ${flags}`);
}

process.exitCode = await run(
  process.execPath,
  [path.join(packageRoot, 'node_modules/vitest/vitest.mjs'), 'run', ...pool, ...files],
  {
    env: {
      ...process.env,
      ENAS_TORCH_BUILD: variant,
      // That of vitest's configuration is too late for a thread.
      OMP_NUM_THREADS: '1',
      // Node itself is not instrumented: the run-time library has to be there before it.
      LD_PRELOAD: [library('libasan.so'), library('libubsan.so')].join(':'),
      // A refused allocation is an error the tests expect, and some measure the peak of memory.
      ASAN_OPTIONS: `detect_leaks=${Number(leaks)}:allocator_may_return_null=1:max_allocation_size_mb=1024:quarantine_size_mb=8`,
      LSAN_OPTIONS: `suppressions=${path.join(packageRoot, 'scripts/asan/leaks.supp')}`,
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
    cwd: packageRoot,
    onLine: (line) => console.log(line),
  },
);

function library(name) {
  const compiler = process.env.CXX || 'g++';
  return execFileSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
}
