import type { Command } from 'commander';
import { unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { write } from '../report/output.ts';
import type { ResolvedConfig } from '../run/config.ts';
import { checkFlagsAgree } from '../run/configFlags.ts';
import { RunDirectory } from '../run/directory.ts';
import type { RunKind } from '../run/runKind.ts';
import { checkKind, latestRun } from '../run/runPath.ts';
import type { Host } from './host.ts';
import { type ConfigOptions, flagsOf } from './options.ts';
import type { WatchOptions } from './watch.ts';

/** The options that {@link addRunOptions} adds, and those that make up a configuration. */
export interface RunOptions extends ConfigOptions, WatchOptions {
  readonly out?: string;
  readonly resume?: string | true;
}

/** Adds the options of a command that works in a run directory. */
export function addRunOptions(command: Command): Command {
  return command
    .option('--out <folder>', 'where the run is kept (default: a new folder in runs/)')
    .option('--resume [run]', 'go on with a run; without a folder, the one written to last')
    .option('--json', "print the run's events, one JSON object a line, and nothing else")
    .option('--quiet', 'print only the result');
}

/** A command that works in a run directory. */
export interface RunWork {
  /** As it is typed: `enas-torch <command> --resume` goes on with the run. */
  readonly command: string;
  readonly kind: RunKind;
  /** Further options that say what a run is, and so have no place beside `--resume`: key → flag. */
  readonly settled?: Readonly<Record<string, string>>;
  /** The configuration of a new run. */
  readonly config: () => ResolvedConfig;
  /**
   * Loads what the work takes, before the folder is made: where the addon cannot be loaded, none is
   * left behind.
   */
  readonly load: () => Promise<(directory: RunDirectory, resume: boolean) => Promise<void>>;
}

/**
 * Works in a new run directory, or in the one that `--resume` names. Where the work fails, an unused
 * folder is taken away, and otherwise the command is said that goes on.
 */
export async function inRun(host: Host, options: RunOptions, work: RunWork): Promise<void> {
  const config = options.resume === undefined ? work.config() : undefined;
  const begin = await work.load();
  const directory =
    config === undefined
      ? openRun(options, work, options.resume!)
      : RunDirectory.create(config, options.out);
  try {
    await begin(directory, config === undefined);
  } catch (error) {
    const kept = config === undefined || !directory.discardIfUnused();
    if (kept && !isRefusal(error)) {
      const command = `enas-torch ${work.command} --resume ${shellWord(directory.path)}`;
      await write(host.stderr, `go on with: ${command}\n`);
    }
    throw error;
  } finally {
    directory.close();
  }
}

function openRun(options: RunOptions, work: RunWork, resume: string | true): RunDirectory {
  const settled = { preset: '--preset', config: '--config', out: '--out', ...work.settled };
  for (const [key, flag] of Object.entries(settled)) {
    const value = options[key as keyof RunOptions];
    if (value === undefined) continue;
    throw unexpected(
      flag,
      'nothing beside --resume',
      value,
      'a run goes on with the settings it has, in the folder it has; leave it out',
    );
  }
  const path = resume === true ? latestRun(work.kind) : resume;
  const directory = RunDirectory.open(path);
  try {
    checkKind(path, directory.config, work.kind);
    checkFlagsAgree({ ...flagsOf(options), space: options.space }, directory.config, path);
    return directory;
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Whether going on would end in the same way: a loss that is not finite, another data set. */
function isRefusal(error: unknown): boolean {
  return error instanceof EnasTorchError && error.code === 'ERR_RUN';
}

/** A word as a shell reads it back. */
function shellWord(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
