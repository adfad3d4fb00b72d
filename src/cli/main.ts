import { runCommandLine } from './program.ts';

/**
 * The program: runs one command line on the process's own streams.
 *
 * @param argv the words after the program's name
 * @returns the exit code
 */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that closes its end early (`| head`) ends what is shown, not the work.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return await runCommandLine(argv, process);
}
