import {
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { cacheDirectory, inspectLibtorch } from '../libtorch.mjs';
import { SetupFailure } from './failure.mjs';

const STAGING = /^\.staging-(\d+)$/;

/**
 * Free space on the disk that holds a directory, which need not exist yet.
 *
 * @returns bytes that an ordinary user may still write
 */
export function freeBytes(directory) {
  let at = path.resolve(directory);
  while (!existsSync(at)) at = path.dirname(at);
  const { bavail, bsize } = statfsSync(at);
  return bavail * bsize;
}

/** Throws a {@link SetupFailure} unless `needed` bytes are free in the cache. */
export function demandSpace(needed, { env = process.env, free = freeBytes } = {}) {
  const cache = cacheDirectory(env);
  const available = free(cache);
  if (available >= needed) return;
  const gigabytes = (bytes) => (bytes / 1e9).toFixed(1);
  throw new SetupFailure(
    `libtorch needs ${gigabytes(needed)} GB of disk in ${cache}: ${gigabytes(available)} GB are free.`,
    [
      `free some space there, or name a directory on another disk: export ENAS_TORCH_CACHE=<directory>`,
    ],
  );
}

/**
 * Runs `fill(folder)` on an empty folder inside the cache and makes what it left there the cache's
 * libtorch of the version that `fill` returns. Nothing half-made is ever seen under a final name:
 * the folder is renamed when complete, removed on an error or a signal, and after a kill by the
 * next call.
 *
 * @returns the directory in the cache
 */
export async function fillCache(fill, env = process.env) {
  const cache = cacheDirectory(env);
  makeDirectory(cache);
  removeAbandoned(cache);
  const staging = path.join(cache, `.staging-${process.pid}`);
  const remove = () => rmSync(staging, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    mkdirSync(path.join(staging, 'libtorch'), { recursive: true });
    const { version } = await fill(path.join(staging, 'libtorch'), staging);
    const seen = inspectLibtorch(path.join(staging, 'libtorch'));
    if (seen.problem !== undefined) {
      throw new SetupFailure(`What was fetched cannot be used: ${seen.problem}.`, []);
    }
    const final = path.join(cache, `libtorch-${version}`);
    rmSync(final, { recursive: true, force: true });
    renameSync(path.join(staging, 'libtorch'), final);
    return final;
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}

/** Makes a libtorch that lies elsewhere the cache's chosen one, by a link: CUDA builds inside a
 * Python environment find their libraries relative to where they are and cannot be copied. */
export function linkIntoCache(root, version, env = process.env) {
  const cache = cacheDirectory(env);
  makeDirectory(cache);
  const link = path.join(cache, `libtorch-${version}`);
  rmSync(link, { recursive: true, force: true });
  symlinkSync(root, link);
  return link;
}

/** Makes an entry of the cache the one that the resolver takes: the one set up last. */
export function chooseInCache(entry) {
  lutimesSync(entry, new Date(), new Date());
  return entry;
}

function makeDirectory(cache) {
  try {
    mkdirSync(cache, { recursive: true });
  } catch (error) {
    throw new SetupFailure(`The cache ${cache} cannot be made: ${error.message}.`, [
      'name a directory that can be written: export ENAS_TORCH_CACHE=<directory>',
    ]);
  }
}

function removeAbandoned(cache) {
  for (const name of readdirSync(cache)) {
    const owner = STAGING.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) {
      rmSync(path.join(cache, name), { recursive: true, force: true });
    }
  }
}
