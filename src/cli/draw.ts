import { resolve } from 'node:path';
import { Command } from 'commander';
import { unexpected } from '../errors/check.ts';
import { writeFileAtomic } from '../files/atomicFile.ts';
import { write } from '../report/output.ts';
import { readArchitecture } from './architecture.ts';
import { givenForms, readGiven } from './given.ts';
import type { Host } from './host.ts';
import { addSizeFlags, type SpaceFlags } from './spaceFlags.ts';

interface DrawOptions extends SpaceFlags {
  readonly space?: string;
  readonly format?: string;
  readonly output?: string;
}

/** `enas-torch draw`: an architecture as a picture. */
export function drawCommand(host: Host): Command {
  const command = new Command('draw')
    .description('draw an architecture as an SVG picture')
    .argument('<architecture>', givenForms)
    .option(
      '-o, --output <file>',
      'where the picture goes; - for standard output (default: beside the file)',
    )
    .option('--space <name>', 'search space, where the text does not say')
    .option('--format <name>', 'form of the text, where it is not clear: json, authors-macro, …');
  return addSizeFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch draw runs/first/best.json -o best.svg
  $ enas-torch draw "|skip_connect~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|" > cell.svg`,
    )
    .action((given: string, options: DrawOptions) => runDraw(host, given, options));
}

async function runDraw(host: Host, word: string, options: DrawOptions): Promise<void> {
  const given = readGiven(word);
  const { space: name, format } = options;
  const { space, arch } = readArchitecture(given, { space: name, format, flags: options });
  const { file } = given;
  const output =
    options.output ?? (file === undefined ? '-' : `${file.replace(/\.(json|txt)$/, '')}.svg`);
  const picture = space.picture(arch);
  if (output === '-') {
    await write(host.stdout, picture);
    return;
  }
  if (file !== undefined && resolve(output) === resolve(file)) {
    throw unexpected('--output', 'another file than the architecture', output);
  }
  writeFileAtomic(output, picture);
  await write(host.stdout, `${output}\n`);
}
