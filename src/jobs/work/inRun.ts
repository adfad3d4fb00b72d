import { isDeepStrictEqual } from 'node:util';
import type { LoadProgress } from '../../data/load.ts';
import { EnasTorchError } from '../../errors/error.ts';
import type { Checkpoint } from '../../run/checkpoint.ts';
import type { ResolvedConfig } from '../../run/config.ts';
import { RunDirectory } from '../../run/directory.ts';
import type { RunEvent } from '../../run/events.ts';
import type { RunKind } from '../../run/runKind.ts';
import { checkKind, isRun } from '../../run/runPath.ts';
import { type Context, type DataDecoding, decodingEvents } from './context.ts';

export interface RunArguments {
  readonly config: ResolvedConfig;
  /** Folder of the run. */
  readonly out: string;
  /** Whether to go on with a run that is there; a new one is begun where there is none. */
  readonly resume: boolean;
}

/** What a search or a training is given besides what is its own. */
export interface RunOptions {
  readonly runDirectory: RunDirectory;
  readonly signal: AbortSignal;
  readonly onDataProgress: LoadProgress;
  readonly resume: Checkpoint | null;
}

/**
 * Does work in a run directory. A run that has ended already says nothing and has its result. Where the
 * work fails before anything has happened, nothing is left behind.
 */
export async function* inRun<Result>(
  { config, out, resume }: RunArguments,
  { signal, onEvent }: Context<RunEvent | DataDecoding>,
  work: {
    readonly kind: RunKind;
    readonly begin: (options: RunOptions) => Promise<AsyncIterable<RunEvent>>;
    readonly result: (directory: RunDirectory) => Result;
  },
): AsyncGenerator<RunEvent | DataDecoding, Result & { readonly run: string }, undefined> {
  const resumes = resume && isRun(out);
  const directory = resumes ? open(config, out) : RunDirectory.create(config, out);
  try {
    checkKind(out, config, work.kind);
    if (!(resumes && directory.isDone())) {
      yield* await work.begin({
        runDirectory: directory,
        signal,
        onDataProgress: decodingEvents(onEvent),
        resume: resumes ? await directory.takeUp() : null,
      });
    }
    return { run: out, ...work.result(directory) };
  } catch (error) {
    if (!resumes) directory.discardIfUnused();
    throw error;
  } finally {
    directory.close();
  }
}

function open(config: ResolvedConfig, out: string): RunDirectory {
  const directory = RunDirectory.open(out);
  const settled = ({ package: _, ...rest }: ResolvedConfig) => rest;
  if (isDeepStrictEqual(settled(directory.config), settled(config))) return directory;
  directory.close();
  throw new EnasTorchError(
    'ERR_RUN',
    `${out}: expected a run of the configuration given, got one of another; ` +
      'go on with readRunConfig(out), or choose another folder',
  );
}
