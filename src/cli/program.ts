import { Command } from 'commander';
import { packageVersion } from '../run/version.ts';
import { configCommand } from './config.ts';
import { convertCommand } from './convert.ts';
import { dataCommand } from './data.ts';
import { deriveCommand } from './derive.ts';
import { doctorCommand } from './doctor.ts';
import { drawCommand } from './draw.ts';
import { evalCommand } from './eval.ts';
import { fail } from './exit.ts';
import { generateCommand } from './generate.ts';
import type { Host } from './host.ts';
import { paramsCommand } from './params.ts';
import { predictCommand } from './predict.ts';
import { runCommand } from './run.ts';
import { sampleCommand } from './sample.ts';
import { searchCommand } from './search.ts';
import { setupCommand } from './setup.ts';
import { trainCommand } from './train.ts';

/**
 * Runs one command line.
 *
 * @param argv the words after the program's name
 * @returns the exit code: 0; 1 for a failure; 2 for a wrong command line or configuration; 128 and
 *   the signal's number when a signal ended the command
 */
export async function runCommandLine(argv: readonly string[], host: Host): Promise<number> {
  try {
    await program(host).parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    return await fail(error, host);
  }
}

/** The whole command-line interface. */
function program(host: Host): Command {
  const root = new Command('enas-torch')
    .description('Efficient Neural Architecture Search on libtorch')
    .version(packageVersion, '-V, --version', 'print the version')
    .addHelpText(
      'after',
      `
Example:
  $ enas-torch search

Exit codes: 1 failure, 2 wrong command line or configuration, 130 Ctrl-C.`,
    );
  const commands = [
    runCommand(host),
    searchCommand(host),
    deriveCommand(host),
    trainCommand(host),
    evalCommand(host),
    sampleCommand(host),
    predictCommand(host),
    generateCommand(host),
    drawCommand(host),
    convertCommand(host),
    paramsCommand(host),
    configCommand(host),
    dataCommand(host),
    doctorCommand(host),
    setupCommand(),
  ];
  for (const command of commands) root.addCommand(command);
  direct(root, host);
  return root;
}

/** Has a command and those below it write to the host, say errors in one line, and throw, not exit. */
function direct(command: Command, host: Host): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => host.stdout.write(text),
    writeErr: (text) => host.stderr.write(text),
    // Commander puts its suggestion on a second line.
    outputError: (text, write) => write(`${text.trim().replace(/\n+/g, ' ')}\n`),
    getOutHelpWidth: () => host.stdout.columns ?? 100,
    getErrHelpWidth: () => host.stderr.columns ?? 100,
  });
  for (const inner of command.commands) direct(inner, host);
}
