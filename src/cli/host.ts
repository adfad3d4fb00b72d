import type { Output } from '../report/output.ts';

/** What a command writes to and reads its surroundings from; a test gives its own. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}
