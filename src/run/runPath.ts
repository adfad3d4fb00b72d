import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';
import type { ResolvedConfig } from './config.ts';

/** Names of what lies in the folder of a run. */
export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  architectures: 'architectures.jsonl',
  best: 'best.json',
  picture: 'best.svg',
  checkpoints: 'checkpoints',
  lock: 'lock',
} as const;

/**
 * The run in a folder of runs that was written to last.
 *
 * @throws EnasTorchError ERR_RUN when there is none
 */
export function latestRun(folder = 'runs'): string {
  const runs = (existsSync(folder) ? readdirSync(folder) : [])
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, runFiles.metrics)))
    .map((path) => ({ path, written: statSync(join(path, runFiles.metrics)).mtimeMs }))
    .sort((a, b) => b.written - a.written);
  if (runs[0] === undefined) {
    throw new EnasTorchError(
      'ERR_RUN',
      `${folder}: expected a run to go on with, got none; name its folder`,
    );
  }
  return runs[0].path;
}

/** A path in `runs/` that nothing has, named for the time, the space and the seed. */
export function newRunPath(config: ResolvedConfig): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const path = join('runs', `${time}-${config.space.name}-seed${config.seed}`);
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? path : `${path}-${i}`;
    if (!existsSync(candidate)) return candidate;
  }
}

/** @throws EnasTorchError ERR_RUN when a folder holds something, with what to do about it */
export function checkEmpty(path: string): void {
  const holds = readdirSync(path);
  if (holds.length === 0) return;
  const isRun = holds.includes(runFiles.config);
  const remedy = isRun
    ? `go on with that run by \`enas-torch search --resume ${path}\`, or choose another folder`
    : 'choose another folder';
  throw new EnasTorchError(
    'ERR_RUN',
    `${path}: expected a new or empty folder, got one that holds ${isRun ? 'a run' : holds[0]}; ${remedy}`,
  );
}

/** @throws EnasTorchError ERR_RUN when a folder holds no run */
export function checkIsRun(path: string): void {
  if (existsSync(join(path, runFiles.config))) return;
  const got = existsSync(path) ? `no ${runFiles.config} in it` : 'no such folder';
  throw new EnasTorchError(
    'ERR_RUN',
    `${path}: expected the folder of a run, got ${got}; runs made without --out are in runs/`,
  );
}
