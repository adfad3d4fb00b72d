import { Command } from 'commander';
import { checkOneOf } from '../errors/check.ts';
import { writeFileAtomic } from '../files/atomicFile.ts';
import { write } from '../report/output.ts';
import { readArchitecture } from './architecture.ts';
import { givenForms, readGiven } from './given.ts';
import type { Host } from './host.ts';
import { addSizeFlags, type SpaceFlags } from './spaceFlags.ts';

interface ConvertOptions extends SpaceFlags {
  readonly from?: string;
  readonly to: string;
  readonly space?: string;
  readonly output?: string;
}

/** `enas-torch convert`: an architecture in another format. */
export function convertCommand(host: Host): Command {
  const command = new Command('convert')
    .description('write an architecture in another format')
    .argument('<architecture>', givenForms)
    .option('--from <format>', 'format of the text (default: the one that it fits)')
    .requiredOption('--to <format>', 'format to write: json, authors-macro, …')
    .option('--space <name>', 'search space, where neither text nor format says')
    .option('-o, --output <file>', 'where the text goes (default: standard output)');
  return addSizeFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch convert published.txt --from authors-macro --to json -o published.json
  $ enas-torch convert runs/first/best.json --to authors-macro`,
    )
    .action((word: string, options: ConvertOptions) => runConvert(host, word, options));
}

async function runConvert(host: Host, word: string, options: ConvertOptions): Promise<void> {
  const { from, to, space: name, output = '-' } = options;
  const { space, arch } = readArchitecture(readGiven(word), {
    space: name,
    format: from,
    formatFlag: '--from',
    flags: options,
  });
  const format = space.formats[checkOneOf('--to', to, Object.keys(space.formats))]!;
  // Before anything is written: a format that cannot hold the architecture refuses here.
  const text = format.print(arch);
  if (output === '-') await write(host.stdout, text);
  else writeFileAtomic(output, text);
}
