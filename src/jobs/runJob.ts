import { join } from 'node:path';
import { checkString, unexpected } from '../errors/check.ts';
import type { Dataset } from '../learning/createLearner.ts';
import {
  type ConfigSources,
  parseConfig,
  type ResolvedConfig,
  resolveConfig,
} from '../run/config.ts';
import type { RunEvent } from '../run/events.ts';
import { releaseLockOf } from '../run/lock.ts';
import type { RunKind } from '../run/runKind.ts';
import { newRunPath, runFiles } from '../run/runPath.ts';
import { inProcess } from './inProcess.ts';
import { checkJobOptions, Job, type JobOptions, jobKeys, type Worker } from './job.ts';
import { RunFigures, type RunProgress } from './runProgress.ts';
import { inThread } from './thread/inThread.ts';
import type { DataDecoding, Work } from './work/context.ts';
import type { RunArguments } from './work/inRun.ts';

/** How a search or a training from scratch is run. */
export interface RunJobOptions extends JobOptions {
  /** Folder of the run; by default a new one in `runs/`. */
  readonly out?: string;
  /**
   * Whether to go on with the run that is in `out`, if one is there. A run that has ended gives its
   * result again. Default false: `out` must then be new or empty.
   */
  readonly resume?: boolean;
  /** Instead of what the configuration names; only with `inProcess`. */
  readonly dataset?: Dataset;
  /** Whether steps on a CUDA device are captured as graphs and replayed. Default true. */
  readonly cudaGraph?: boolean;
}

/** A search or a training under way. */
export class RunJob<Result> extends Job<RunEvent | DataDecoding, Result, RunProgress> {
  /** Folder of the run. */
  readonly run: string;

  constructor(
    run: string,
    work: Worker<RunEvent | DataDecoding, Result>,
    signal: AbortSignal | undefined,
  ) {
    super(work, new RunFigures(), signal);
    this.run = run;
  }
}

/** What stays in the thread that it was made in, and so is for `inProcess` only. */
type Own<Arguments> = Omit<Arguments, keyof RunArguments | 'cudaGraph'>;

/**
 * Begins a run.
 *
 * @param own what stays in this thread, by the name of its option
 * @throws EnasTorchError ERR_ARGUMENT for a wrong configuration or option, at once
 */
export function beginRun<Arguments extends RunArguments & { readonly cudaGraph: boolean }, Result>(
  kind: RunKind,
  load: () => Promise<Work<Arguments, RunEvent | DataDecoding, Result>>,
  given: ResolvedConfig | ConfigSources,
  options: RunJobOptions,
  own: Own<Arguments>,
): RunJob<Result> {
  checkJobOptions(kind, options);
  const { out, resume = false, cudaGraph = true, signal, inProcess: here, heapMb } = options;
  if (out !== undefined) checkString(`${kind}: out`, out);
  if (resume && out === undefined) {
    throw unexpected(`${kind}: out`, 'the folder of the run to go on with', out, 'name it');
  }
  const config = configOf(kind, given);
  const run = out ?? newRunPath(config);
  const args = { config, out: run, resume, cudaGraph };
  if (here) return new RunJob(run, inProcess(load, { ...args, ...own } as Arguments), signal);
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) continue;
    throw unexpected(
      `${kind}: inProcess`,
      `true with a ${name}`,
      here,
      `a ${name} of your own cannot be sent to another thread`,
    );
  }
  const lock = join(run, runFiles.lock);
  const thread = inThread<RunEvent | DataDecoding, Result>(
    { work: kind, args },
    { heapMb, onCrash: (threadId) => releaseLockOf(lock, threadId) },
  );
  return new RunJob(run, thread, signal);
}

/** The keys of {@link RunJobOptions}. */
export const runJobKeys = [...jobKeys, 'out', 'resume', 'dataset', 'cudaGraph'] as const;

function configOf(kind: RunKind, given: ResolvedConfig | ConfigSources): ResolvedConfig {
  const isWhole = given !== null && typeof given === 'object' && 'version' in given;
  const config = isWhole
    ? parseConfig(given, kind, 'ERR_ARGUMENT')
    : resolveConfig({ ...given, kind });
  // The configuration of a training may be given to search under.
  if (kind === 'search') return { ...config, arch: null };
  if (config.arch !== null) return config;
  throw unexpected('train: arch', 'the architecture to be trained', null, 'name it in the config');
}
