import { existsSync, lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';
import { isTemporary } from '../files/atomicFile.ts';
import type { ResolvedConfig } from './config.ts';
import { readJsonFile } from './configFile.ts';
import { kindOf, type RunKind } from './runKind.ts';

/** Names of what lies in the folder of a run. */
export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  architectures: 'architectures.jsonl',
  best: 'best.json',
  picture: 'best.svg',
  arch: 'arch.json',
  archPicture: 'arch.svg',
  model: 'model.safetensors',
  modelInfo: 'model.json',
  result: 'result.json',
  /** In the run of a search: the run that trains what was derived. */
  training: 'train',
  checkpoints: 'checkpoints',
  /** The checkpoint that the run went back to, until it writes another. */
  wentBack: 'went-back.json',
  lock: 'lock',
} as const;

/**
 * The run of a kind, in a folder of runs, that was written to last.
 *
 * @throws EnasTorchError ERR_RUN when there is none
 */
export function latestRun(kind: RunKind, folder = 'runs'): string {
  const latest = (existsSync(folder) ? readdirSync(folder) : [])
    .map((name) => join(folder, name))
    .flatMap((path) => {
      const written = lastWritten(path);
      return written === null ? [] : [{ path, written }];
    })
    .sort((a, b) => b.written - a.written)
    .find(({ path }) => kindOfFolder(path) === kind);
  if (latest === undefined) {
    throw new EnasTorchError(
      'ERR_RUN',
      `${folder}: expected a run of \`${kind}\` to go on with, got none; name its folder`,
    );
  }
  return latest.path;
}

/** When a line was last written in a run, in its search or in its training; null where there is no run. */
function lastWritten(path: string): number | null {
  const times = [join(path, runFiles.metrics), join(path, runFiles.training, runFiles.metrics)]
    .filter((file) => existsSync(file))
    .map((file) => statSync(file).mtimeMs);
  return times.length === 0 ? null : Math.max(...times);
}

function kindOfFolder(path: string): RunKind | null {
  try {
    return kindOf({ arch: null, ...readJsonFile(join(path, runFiles.config)) });
  } catch {
    // A damaged run is not the one that is meant; naming it says what is wrong with it.
    return null;
  }
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

/** Whether it is what a process that was killed left of a file that it was writing, or of its lock. */
const isUnfinished = (name: string) => isTemporary(name) || /^lock\.(stale-)?\d+-\d+$/.test(name);

/** Removes what a crash left of files that were being written. Whoever calls it has the run locked. */
export function clearUnfinishedFiles(path: string): void {
  for (const name of readdirSync(path)) {
    if (isUnfinished(name)) rmSync(join(path, name), { force: true });
  }
}

/**
 * What is written in a run stays in its folder, wherever that came from: none of its files and folders
 * may be a link. The folder itself may.
 *
 * @throws EnasTorchError ERR_RUN naming the link
 */
export function checkNoLinks(path: string): void {
  for (const name of Object.values(runFiles)) {
    const file = join(path, name);
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    throw new EnasTorchError(
      'ERR_RUN',
      `${file}: expected a file or folder of the run itself, got a link; put what it leads to in its ` +
        'place, or keep the whole run elsewhere and link its folder',
    );
  }
}

/**
 * Passes a folder that holds nothing, or nothing but what a run left that was killed before it had a
 * configuration.
 *
 * @throws EnasTorchError ERR_RUN when it holds something, with what to do about it
 */
export function checkEmpty(path: string): void {
  const holds = readdirSync(path).filter((name) => name !== runFiles.lock && !isUnfinished(name));
  if (holds.length === 0) return;
  const isRun = holds.includes(runFiles.config);
  const remedy = isRun
    ? `go on with that run by \`${commandThatGoesOn(path)}\`, or choose another folder`
    : 'choose another folder';
  throw new EnasTorchError(
    'ERR_RUN',
    `${path}: expected a new or empty folder, got one that holds ${isRun ? 'a run' : holds[0]}; ${remedy}`,
  );
}

/** Whether a path is the folder of a run. */
export function isRun(path: string): boolean {
  return existsSync(join(path, runFiles.config));
}

/** In the folder of a custom space's search. */
export const spaceRunFile = 'space.json';

/** Whether a path is the folder of a custom space's search. */
export function isSpaceRun(path: string): boolean {
  return existsSync(join(path, spaceRunFile));
}

/** @throws EnasTorchError ERR_RUN when a folder holds no run */
export function checkIsRun(path: string): void {
  if (isRun(path)) return;
  const got = existsSync(path) ? `no ${runFiles.config} in it` : 'no such folder';
  throw new EnasTorchError(
    'ERR_RUN',
    `${path}: expected the folder of a run, got ${got}; runs made without --out are in runs/`,
  );
}

/** @throws EnasTorchError ERR_RUN when a run is not of the kind that a command is for */
export function checkKind(
  path: string,
  config: Pick<ResolvedConfig, 'arch'>,
  expected: RunKind,
): void {
  const kind = kindOf(config);
  if (kind === expected) return;
  throw new EnasTorchError(
    'ERR_RUN',
    `${path}: expected ${kindNames[expected]}, got ${kindNames[kind]}; ` +
      `go on with that run by \`${commandThatGoesOn(path)}\``,
  );
}

const kindNames: Readonly<Record<RunKind, string>> = {
  search: 'the run of a search',
  train: 'a run that trains one architecture',
};

function commandThatGoesOn(path: string): string {
  const whole = existsSync(join(path, runFiles.training, runFiles.config));
  const command = whole ? 'run' : (kindOfFolder(path) ?? 'search');
  return `enas-torch ${command} --resume ${path}`;
}
