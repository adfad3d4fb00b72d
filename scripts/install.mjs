/**
 * From a checkout or an installed package to a loadable addon: finds or fetches libtorch, compiles
 * the addon against it, and writes down what it was built against.
 *
 *     node scripts/install.mjs                  npm's install script, `npm run build:native`
 *     node scripts/install.mjs --cpu            with the CPU build, fetched if need be
 *     node scripts/install.mjs --cuda 12.6      with a CUDA build, fetched
 *     node scripts/install.mjs --from <path>    with a torch wheel, libtorch zip or directory
 */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeTried, inspectLibtorch, resolveLibtorch } from './libtorch.mjs';
import { chooseInCache } from './setup/cache.mjs';
import { compileAddon } from './setup/compile.mjs';
import { SetupFailure } from './setup/failure.mjs';
import { cachedCpu, fetchCpu, fetchCuda, takeFrom } from './setup/fetch.mjs';
import { createReporter } from './setup/reporter.mjs';
import { run } from './setup/run.mjs';
import { demand, findCompiler, missingForBuild, missingForFetch } from './setup/tools.mjs';

const packageRoot = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const release = path.join(packageRoot, 'build', 'Release');
const reporter = createReporter();

try {
  await install(options());
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  reporter.line(error.message);
  for (const remedy of error.remedies) reporter.line(`  → ${remedy}`);
  process.exitCode = 1;
}

function options() {
  try {
    return parseArgs({
      options: { cpu: { type: 'boolean' }, cuda: { type: 'string' }, from: { type: 'string' } },
    }).values;
  } catch (error) {
    throw new SetupFailure(error.message, ['known: --cpu, --cuda <version>, --from <path>']);
  }
}

async function install(chosen) {
  const { missing, take } = source(chosen);
  // All that is missing in one message: nobody wants to wait for a download to be told that there
  // is no compiler.
  demand([...missingForBuild(packageRoot), ...missing], 'Building the addon');
  const libtorch = inspectLibtorch(await take());
  const isNew = await compileAddon({ packageRoot, libtorch, reporter });
  record(libtorch);
  await tryToLoad();
  const at = `libtorch ${libtorch.version} at ${libtorch.root}`;
  reporter.line(`the addon is ${isNew ? 'built' : 'up to date'} and loads (${at})`);
}

/** Where libtorch comes from: what that lacks, and how to take it (giving its directory). */
function source({ from, cuda, cpu }) {
  if (from !== undefined) {
    const isFile = statSync(from, { throwIfNoEntry: false })?.isFile();
    const missing = isFile ? missingForFetch({ pip: false }) : [];
    return { missing, take: () => takeFrom(from, { reporter }) };
  }
  if (cuda !== undefined) {
    return { missing: missingForFetch({ pip: false }), take: () => fetchCuda(cuda, { reporter }) };
  }
  if (cpu) {
    const cached = cachedCpu();
    if (cached !== undefined) return { missing: [], take: () => chooseInCache(cached) };
    return { missing: missingForFetch(), take: () => fetchCpu({ reporter }) };
  }
  const { found, failure, tried } = resolveLibtorch();
  if (failure !== undefined) {
    throw new SetupFailure(`${failure}.`, [
      'set LIBTORCH to a directory with lib/ and include/, or unset it to have libtorch found or fetched',
    ]);
  }
  if (found !== null) return { missing: [], take: () => found.root };
  for (const line of describeTried(tried)) reporter.line(`no libtorch: ${line}`);
  return { missing: missingForFetch(), take: () => fetchCpu({ reporter }) };
}

/** Writes down what the addon was built against, for the loader to compare. */
function record(libtorch) {
  const compiler = findCompiler();
  const text = `${JSON.stringify(
    {
      version: libtorch.version,
      path: libtorch.root,
      cuda: libtorch.cuda,
      cxx11Abi: readFileSync(path.join(libtorch.root, 'lib/libc10.so')).includes(
        '__cxx1112basic_string',
      ),
      compiler: `${compiler.name} ${compiler.version}`,
      node: process.version,
    },
    null,
    2,
  )}\n`;
  const file = path.join(release, 'built-against.json');
  writeFileSync(`${file}.partial`, text);
  renameSync(`${file}.partial`, file);
}

/** Loads the addon in a process of its own. */
async function tryToLoad() {
  const said = [];
  const addon = path.join(release, 'enas_torch.node');
  const status = await run(process.execPath, ['-e', 'require(process.argv[1])', addon], {
    onLine: (line) => said.push(line),
  });
  if (status !== 0) {
    for (const line of said.slice(0, 20)) reporter.quote(`  ${line}`);
    throw new SetupFailure(`The addon was built but cannot be loaded (${status}; above).`, [
      'npx enas-torch doctor tells more',
    ]);
  }
}
