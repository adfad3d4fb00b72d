import { runCommandLine } from '../../src/cli/program.ts';
import { Paper } from '../report/screen.ts';
import type { Outcome } from './spawned.ts';

/** Runs a command line in this process and presses Ctrl-C when a text is first shown. */
export async function interruptAt(text: string, argv: readonly string[]): Promise<Outcome> {
  const [stdout, stderr] = [new Paper(), new Paper()];
  const write = stdout.write.bind(stdout);
  let pressed = false;
  stdout.write = (line) => {
    if (!pressed && line.includes(text)) {
      pressed = true;
      process.emit('SIGINT', 'SIGINT');
    }
    return write(line);
  };
  const host = { stdout: stdout.output, stderr: stderr.output, env: {} };
  const code = await runCommandLine(argv, host);
  return { code, stdout: stdout.text, stderr: stderr.text };
}
