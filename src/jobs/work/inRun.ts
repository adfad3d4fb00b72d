import { isDeepStrictEqual } from 'node:util';
import { EnasTorchError } from '../../errors/error.ts';
import type { ResolvedConfig } from '../../run/config.ts';
import { RunDirectory } from '../../run/directory.ts';
import { isRun } from '../../run/runPath.ts';

export interface RunArguments {
  readonly config: ResolvedConfig;
  /** Folder of the run. */
  readonly out: string;
  /** Whether to go on with a run that is there; a new one is begun where there is none. */
  readonly resume: boolean;
}

/**
 * Does work in a run directory of its own. Where it fails before anything has happened, nothing is left
 * behind.
 *
 * @param body given the directory, and whether there was a run to go on with
 */
export async function* inRun<Event, Result>(
  { config, out, resume }: RunArguments,
  body: (directory: RunDirectory, resumes: boolean) => AsyncGenerator<Event, Result, undefined>,
): AsyncGenerator<Event, Result, undefined> {
  const resumes = resume && isRun(out);
  const directory = resumes ? open(config, out) : RunDirectory.create(config, out);
  try {
    return yield* body(directory, resumes);
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
