import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../run/configFile.ts';
import { runFiles } from '../run/runPath.ts';

/** A text that a command line gave, and where it was. */
export interface Given {
  readonly text: string;
  /** What it is called in errors. */
  readonly source: string;
  /** The file it was read from; undefined where it was standard input or the word itself. */
  readonly file?: string;
}

/** What the word may be, for a command's help. */
export const givenForms = "a file, a run's folder, - for standard input, or the text itself";

/**
 * The text that a word of the command line stands for: of the file of that name, of the best
 * architecture of a run, of standard input for `-`, else the word itself.
 *
 * @throws EnasTorchError ERR_ARGUMENT for what looks like a file's name and is none
 */
export function readGiven(word: string): Given {
  if (word === '-') return { text: readFileSync(0, 'utf8'), source: 'standard input' };
  if (!existsSync(word) && !/^[\w\\~-]*[./][\w./\\~-]*$/.test(word)) {
    return { text: word, source: 'the text given' };
  }
  const file = existsSync(word) && statSync(word).isDirectory() ? architectureOf(word) : word;
  return { text: readText(file), source: file, file };
}

/** The file in a run's folder that holds its architecture: found by a search, else being trained. */
function architectureOf(run: string): string {
  const [best, config] = [join(run, runFiles.best), join(run, runFiles.config)];
  return existsSync(best) || !existsSync(config) ? best : config;
}
