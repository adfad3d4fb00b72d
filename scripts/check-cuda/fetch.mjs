import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory, inspectLibtorch } from '../libtorch.mjs';
import { demandSpace } from '../setup/cache.mjs';
import { SetupFailure } from '../setup/failure.mjs';
import { run } from '../setup/run.mjs';
import { demand, missingForFetch } from '../setup/tools.mjs';

/** What pip puts down, and as much again while it moves it into place. */
const BYTES = 9.5e9;

/** What a CUDA 13 build of torch links. Its own list pulls in packages that this check does not take. */
const COMPANIONS = [
  ...['cuda-runtime', 'cuda-nvrtc', 'cuda-cupti', 'cuda-crt', 'cuda-cccl'],
  ...['cublas', 'cudnn-cu13', 'cufft', 'curand', 'cusolver', 'cusparse', 'cusparselt-cu13'],
  ...['nccl-cu13', 'nvshmem-cu13', 'nvjitlink', 'nvtx', 'cufile'],
].map((name) => `nvidia-${name}`);

/**
 * The root of a CUDA build of libtorch: the one that LIBTORCH names, else the wanted version out of
 * the cache, into which pip fetches it where it is not there yet.
 *
 * @param version of torch, such as "2.14.1"
 */
export async function cudaLibtorch(version, { reporter, env = process.env }) {
  if (env.LIBTORCH) return given(env.LIBTORCH);
  const folder = path.join(cacheDirectory(env), 'cuda-check', `torch-${version}`);
  const root = path.join(folder, 'torch');
  if (!existsSync(folder)) await fetchInto(folder, version, { reporter, env });
  const seen = inspectLibtorch(root);
  if (seen.problem === undefined && seen.cuda) return root;
  throw new SetupFailure(`${root} cannot be used: ${seen.problem ?? 'it is a CPU build'}.`, [
    `have it fetched again: rm -r ${folder}`,
  ]);
}

function given(root) {
  const seen = inspectLibtorch(root);
  if (seen.problem === undefined && seen.cuda) return seen.root;
  throw new SetupFailure(
    `LIBTORCH names ${seen.root}: expected a CUDA build of libtorch, got ${seen.problem ?? 'a CPU build'}.`,
    ['set LIBTORCH to a CUDA build, or unset it to have one fetched'],
  );
}

async function fetchInto(folder, version, { reporter, env }) {
  demand(missingForFetch({ env }), 'Fetching libtorch');
  demandSpace(BYTES, { env });
  reporter.line(`fetching torch ${version} with CUDA 13, about 4.5 GB, into ${folder}`);
  const staging = path.join(path.dirname(folder), `.staging-${process.pid}`);
  const remove = () => rmSync(staging, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    mkdirSync(path.join(staging, 'tmp'), { recursive: true });
    const target = path.join(staging, 'packages');
    const said = [];
    const status = await run('python3', pipArguments(version, target), {
      // pip fills a temporary directory first, which in a small /tmp would not fit.
      env: { ...env, TMPDIR: path.join(staging, 'tmp') },
      onLine: (line) => {
        said.push(line);
        reporter.progress(`pip: ${line.slice(0, 100)}`);
      },
    });
    if (status !== 0) throw notServed(said, version);
    renameSync(target, folder);
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}

function pipArguments(version, target) {
  const args = ['-m', 'pip', 'install', '--no-deps', '--no-compile', '--retries', '0'];
  args.push('--disable-pip-version-check', '--progress-bar', 'off', '--target', target);
  // Any Python will do, and libtorch is the same for all.
  args.push('--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp');
  args.push('--abi', 'cp311', '--abi', 'abi3', '--abi', 'none');
  for (let minor = 28; minor >= 5; minor--) args.push('--platform', `manylinux_2_${minor}_x86_64`);
  for (const old of ['2014', '2010', '1']) args.push('--platform', `manylinux${old}_x86_64`);
  return [...args, `torch==${version}`, ...COMPANIONS];
}

function notServed(said, version) {
  const missing = said
    .map((line) => /No matching distribution found for (\S+)/.exec(line)?.[1])
    .filter((name) => name !== undefined);
  const what = missing.length > 0 ? `pip has no ${missing.join(', ')}` : 'pip failed';
  const reason = said.filter((line) => /^ERROR/.test(line)).slice(-3);
  return new SetupFailure(`torch ${version} with CUDA cannot be fetched: ${what}.`, [
    ...reason,
    'try another version with --torch, or name a CUDA build: export LIBTORCH=<directory>',
  ]);
}
