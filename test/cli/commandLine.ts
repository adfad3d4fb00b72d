import { runCommandLine } from '../../src/cli/program.ts';
import { Paper } from '../report/screen.ts';
import type { Outcome } from './spawned.ts';

/** Runs a command line in this process. */
export async function run(
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const [stdout, stderr] = [new Paper(), new Paper()];
  const host = { stdout: stdout.output, stderr: stderr.output, env };
  const code = await runCommandLine(argv, host);
  return { code, stdout: stdout.text, stderr: stderr.text };
}
