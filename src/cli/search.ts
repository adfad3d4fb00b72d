import { Command } from 'commander';
import { unexpected } from '../errors/check.ts';
import { write } from '../report/output.ts';
import type { Checkpoint } from '../run/checkpoint.ts';
import { checkFlagsAgree } from '../run/configFlags.ts';
import { RunDirectory } from '../run/directory.ts';
import { latestRun } from '../run/runPath.ts';
import type { Host } from './host.ts';
import { addConfigOptions, type ConfigOptions, configOf, flagsOf } from './options.ts';
import { type WatchOptions, watch } from './watch.ts';

interface SearchOptions extends ConfigOptions, WatchOptions {
  readonly out?: string;
  readonly resume?: string | true;
}

/** `enas-torch search`: a whole search, shown as it goes. */
export function searchCommand(host: Host): Command {
  return addConfigOptions(new Command('search'))
    .description('search for an architecture')
    .option('--out <folder>', 'where the run is kept (default: a new folder in runs/)')
    .option('--resume [run]', 'go on with a run; without a folder, the one written to last')
    .option('--json', "print the run's events, one JSON object a line, and nothing else")
    .option('--quiet', 'print only the result')
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch search
  $ enas-torch search --data cifar10:data/cifar10 --preset paper --epochs 20 --out runs/first
  $ enas-torch search --resume runs/first`,
    )
    .action((options: SearchOptions) => runSearch(host, options));
}

async function runSearch(host: Host, options: SearchOptions): Promise<void> {
  const config = options.resume === undefined ? configOf(options) : undefined;
  // Before the folder is made: where the addon cannot be loaded, none is left behind.
  const { search } = await import('../search/search.ts');
  const directory =
    config === undefined
      ? openRun(options, options.resume!)
      : RunDirectory.create(config, options.out);
  try {
    const resume = config === undefined ? await takeUp(directory) : null;
    await watch(host, options, (signal, onDataProgress) =>
      search(directory.config, { runDirectory: directory, signal, onDataProgress, resume }),
    );
  } catch (error) {
    const kept = config === undefined || !directory.discardIfUnused();
    if (kept) {
      const command = `enas-torch search --resume ${shellWord(directory.path)}`;
      await write(host.stderr, `go on with: ${command}\n`);
    }
    throw error;
  } finally {
    directory.close();
  }
}

function openRun(options: SearchOptions, resume: string | true): RunDirectory {
  for (const name of ['preset', 'config', 'out'] as const) {
    if (options[name] === undefined) continue;
    throw unexpected(
      `--${name}`,
      'nothing beside --resume',
      options[name],
      'a run goes on with the settings it has, in the folder it has; leave it out',
    );
  }
  const path = resume === true ? latestRun() : resume;
  const directory = RunDirectory.open(path);
  try {
    checkFlagsAgree({ ...flagsOf(options), space: options.space }, directory.config, path);
    return directory;
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Takes the run back to its newest whole checkpoint, or to its beginning where it has none. */
async function takeUp(directory: RunDirectory): Promise<Checkpoint | null> {
  const checkpoint = await directory.latestCheckpoint();
  directory.rewindTo(checkpoint);
  return checkpoint;
}

/** A word as a shell reads it back. */
function shellWord(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
