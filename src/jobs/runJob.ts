import { join } from 'node:path';
import { unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';
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
import { Job, type JobOptions, jobKeys, type Worker } from './job.ts';
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

interface WorkArguments extends RunArguments {
  readonly dataset?: Dataset;
  readonly cudaGraph: boolean;
}

/**
 * Begins a run.
 * @throws EnasTorchError ERR_ARGUMENT for a wrong configuration or option, at once
 */
export function beginRun<Result>(
  kind: RunKind,
  load: () => Promise<Work<WorkArguments, RunEvent | DataDecoding, Result>>,
  given: ResolvedConfig | ConfigSources,
  options: RunJobOptions,
): RunJob<Result> {
  const { out, resume = false, dataset, cudaGraph = true, signal, inProcess: here } = options;
  known(kind, options, [...jobKeys, 'out', 'resume', 'dataset', 'cudaGraph']);
  if (resume && out === undefined) {
    throw unexpected(`${kind}: out`, 'the folder of the run to go on with', out, 'name it');
  }
  const config = configOf(kind, given);
  const run = out ?? newRunPath(config);
  const args = { config, out: run, resume, cudaGraph };
  if (here) {
    const own = dataset === undefined ? args : { ...args, dataset };
    return new RunJob(run, inProcess(load, own), signal);
  }
  if (dataset !== undefined) {
    throw unexpected(`${kind}: inProcess`, 'true with a dataset', here, 'it stays in its thread');
  }
  const lock = join(run, runFiles.lock);
  const thread = inThread<RunEvent | DataDecoding, Result>(
    { work: kind, args },
    { heapMb: options.heapMb, onCrash: (threadId) => releaseLockOf(lock, threadId) },
  );
  return new RunJob(run, thread, signal);
}

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
