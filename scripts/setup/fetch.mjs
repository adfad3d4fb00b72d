import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, inspectLibtorch } from '../libtorch.mjs';
import { demandSpace, fillCache, linkIntoCache } from './cache.mjs';
import { SetupFailure } from './failure.mjs';
import { megabytes } from './reporter.mjs';
import { run } from './run.mjs';

/** The libtorch that is fetched where none is found. */
export const FETCHED_VERSION = '2.13.0';

const WHEEL_INDEX = 'https://download.pytorch.org/whl/cpu';
const ZIP_INDEX = 'https://download.pytorch.org/libtorch';
const WHEEL_PLATFORM = { x64: 'manylinux_2_28_x86_64', arm64: 'manylinux_2_28_aarch64' };
const CPU_BYTES = 2e9;
const CUDA_BYTES = 12e9;
const ARCHIVE_SCRIPT = fileURLToPath(new URL('./archive.py', import.meta.url));

const OFFLINE_REMEDIES = [
  'check the network; behind a proxy: export https_proxy=http://<host>:<port>',
  'or bring libtorch from another machine: npx enas-torch setup --from <torch wheel, libtorch zip or directory>',
  'or name one that is here: export LIBTORCH=<directory with lib/ and include/>',
];

/** Fetches the CPU build from PyTorch's own wheel index by pip, and chooses it. */
export async function fetchCpu({ reporter, env = process.env }) {
  const platform = WHEEL_PLATFORM[process.arch];
  if (platform === undefined) {
    throw new SetupFailure(`PyTorch has no libtorch for the processor ${process.arch}.`, [
      'build one from source and name it: export LIBTORCH=<directory with lib/ and include/>',
    ]);
  }
  const version = `${FETCHED_VERSION}+cpu`;
  demandSpace(CPU_BYTES, { env });
  return fillCache(async (folder, staging) => {
    reporter.line(`fetching libtorch ${version} (about 190 MB) into ${cacheDirectory(env)}`);
    const wheel = await pipDownload({ version, platform, staging, reporter, env });
    return unpack(wheel, folder, { reporter, env });
  }, env);
}

/** Fetches a CUDA build, PyTorch's libtorch zip with all its libraries, and chooses it. */
export async function fetchCuda(cuda, { reporter, env = process.env }) {
  const digits = /^(?:cu)?(\d{2})\.?(\d)$/.exec(cuda);
  if (digits === null) {
    throw new SetupFailure(`--cuda: expected a version like 12.6, got "${cuda}".`, []);
  }
  if (process.arch !== 'x64') {
    throw new SetupFailure(`PyTorch has no CUDA libtorch zip for the processor ${process.arch}.`, [
      'install torch with pip and name it: export LIBTORCH=<site-packages/torch>',
    ]);
  }
  const variant = `cu${digits[1]}${digits[2]}`;
  demandSpace(CUDA_BYTES, { env });
  const name = `libtorch-shared-with-deps-${FETCHED_VERSION}%2B${variant}.zip`;
  const url = `${ZIP_INDEX}/${variant}/${name}`;
  return fillCache(async (folder, staging) => {
    reporter.line(`fetching ${url}`);
    const zip = path.join(staging, 'libtorch.zip');
    await runArchive(['download', url, zip], 'downloading libtorch', { reporter, env });
    return unpack(zip, folder, { reporter, env });
  }, env);
}

/** Takes libtorch from a torch wheel, a libtorch zip or a directory, and chooses it. */
export async function takeFrom(source, { reporter, env = process.env }) {
  const at = path.resolve(source);
  if (!existsSync(at)) throw new SetupFailure(`--from: ${at} does not exist.`, []);
  if (statSync(at).isDirectory()) {
    const seen = inspectLibtorch(at);
    if (seen.problem !== undefined) {
      throw new SetupFailure(`--from: ${at} cannot be used: ${seen.problem}.`, []);
    }
    const link = linkIntoCache(seen.root, seen.version, env);
    reporter.line(`libtorch ${seen.version}: ${link} → ${seen.root}`);
    return link;
  }
  demandSpace(Math.max(CPU_BYTES, 3 * statSync(at).size), { env });
  return fillCache((folder) => unpack(at, folder, { reporter, env }), env);
}

/** The cache's CPU build of the version that is fetched, if it is there. */
export function cachedCpu(env = process.env) {
  const entry = path.join(cacheDirectory(env), `libtorch-${FETCHED_VERSION}+cpu`);
  return inspectLibtorch(entry).problem === undefined ? entry : undefined;
}

/** @returns the path of the wheel */
async function pipDownload({ version, platform, staging, reporter, env }) {
  const args = ['-m', 'pip', 'download', '--no-deps', '--retries', '0', '--no-cache-dir'];
  args.push('--disable-pip-version-check', '--progress-bar', 'off', '--dest', staging);
  // Any one Python will do: libtorch itself is the same in every wheel of a platform.
  args.push('--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp');
  args.push('--abi', 'cp311', '--platform', platform);
  args.push('--extra-index-url', WHEEL_INDEX, `torch==${version}`);
  let total;
  const said = [];
  // pip downloads to a temporary directory: inside the staging folder it can be watched, and a
  // small /tmp is no obstacle.
  const watch = setInterval(() => {
    reporter.progress(`downloading libtorch ${version}: ${megabytes(bytesIn(staging), total)}`);
  }, 500);
  const status = await run('python3', args, {
    env: { ...env, TMPDIR: staging },
    onLine: (line) => {
      said.push(line);
      const size = /\((\d+(?:\.\d+)?) MB\)/.exec(line)?.[1];
      if (size !== undefined) total = Number(size) * 1e6;
    },
  }).finally(() => clearInterval(watch));
  const wheel = readdirSync(staging).find((name) => name.endsWith('.whl'));
  if (status === 0 && wheel !== undefined) return path.join(staging, wheel);
  if (said.some((line) => /No space left on device/i.test(line))) throw diskFull(env);
  for (const line of said.filter((line) => /warning|error/i.test(line)).slice(-6)) {
    reporter.quote(`  pip: ${line}`);
  }
  throw new SetupFailure(
    `libtorch ${version} could not be downloaded (pip's words above).`,
    OFFLINE_REMEDIES,
  );
}

function bytesIn(directory) {
  let sum = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    // pip moves and removes its files meanwhile.
    sum += statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

/** @returns `{version}` */
async function unpack(archive, folder, { reporter, env }) {
  const name = path.basename(archive);
  const result = await runArchive(['unpack', archive, folder], 'unpacking libtorch', {
    reporter,
    env,
  });
  reporter.line(`unpacked and verified ${name}: ${result.files} files, ${megabytes(result.bytes)}`);
  return result;
}

async function runArchive(args, what, { reporter, env }) {
  let result;
  let failure;
  const said = [];
  await run('python3', [ARCHIVE_SCRIPT, ...args], {
    env,
    onLine: (line, stream) => {
      if (stream === 'stderr') {
        said.push(line);
        return;
      }
      const message = JSON.parse(line);
      if (message.result) result = message.result;
      else if (message.error) failure = message;
      else reporter.progress(`${what}: ${megabytes(message.done, message.total)}`);
    },
  });
  if (result !== undefined) return result;
  if (failure?.kind === 'disk') throw diskFull(env);
  if (failure?.kind === 'network') {
    const remedies =
      failure.status === 404
        ? [
            'PyTorch builds each version for some CUDA versions only; see https://pytorch.org/get-started/locally',
            ...OFFLINE_REMEDIES.slice(1),
          ]
        : OFFLINE_REMEDIES;
    throw new SetupFailure(`${args[1]} could not be downloaded: ${failure.error}.`, remedies);
  }
  throw new SetupFailure(`${args[1]} cannot be used: ${failure?.error ?? said.join(' ')}.`, [
    'fetch it again; the file may be damaged',
  ]);
}

function diskFull(env) {
  return new SetupFailure(`The disk that holds ${cacheDirectory(env)} is full.`, [
    'free some space there, or name a directory on another disk: export ENAS_TORCH_CACHE=<directory>',
  ]);
}
