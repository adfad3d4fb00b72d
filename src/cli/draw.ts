import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { unexpected } from '../errors/check.ts';
import { writeFileAtomic } from '../files/atomicFile.ts';
import { write } from '../report/output.ts';
import { readText } from '../run/configFile.ts';
import { type ArchitectureOptions, readArchitecture } from './architecture.ts';
import type { Host } from './host.ts';
import { numeric } from './options.ts';

interface DrawOptions extends ArchitectureOptions {
  readonly output?: string;
}

/** `enas-torch draw`: an architecture as a picture. */
export function drawCommand(host: Host): Command {
  return new Command('draw')
    .description('draw an architecture as an SVG picture')
    .argument('<file>', "an architecture, or a run's best.json; - for standard input")
    .option(
      '-o, --output <file>',
      'where the picture goes; - for standard output (default: <file>.svg)',
    )
    .option('--space <name>', 'search space, where the file does not say (default: "macro")')
    .option('--format <name>', 'form of the file, where it is not clear: json, authors-macro, …')
    .option('--layers <n>', 'layers of the network, where the file does not say', numeric)
    .addHelpText(
      'after',
      `
Example:
  $ enas-torch draw runs/first/best.json -o best.svg`,
    )
    .action((file: string, options: DrawOptions) => runDraw(host, file, options));
}

async function runDraw(host: Host, file: string, options: DrawOptions): Promise<void> {
  const text = file === '-' ? readFileSync(0, 'utf8') : readText(file);
  const source = file === '-' ? 'standard input' : file;
  const { space, arch } = readArchitecture(text, source, options);
  const output =
    options.output ?? (file === '-' ? '-' : `${file.replace(/\.(json|txt)$/, '')}.svg`);
  if (file !== '-' && output !== '-' && resolve(output) === resolve(file)) {
    throw unexpected('--output', 'another file than the architecture', output);
  }
  const picture = space.picture(arch);
  if (output === '-') {
    await write(host.stdout, picture);
    return;
  }
  writeFileAtomic(output, picture);
  await write(host.stdout, `${output}\n`);
}
