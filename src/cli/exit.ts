import { CommanderError } from 'commander';
import { EnasTorchError } from '../errors/error.ts';
import { type Output, write } from '../report/output.ts';
import type { Host } from './host.ts';

/** A command that a signal ended, after it did what was to be done; nothing more to say. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** 128 and the signal's number, as shells count. */
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

/**
 * Says what went wrong and gives the exit code for it: 2 for a command line or configuration that is
 * wrong, 1 for any other failure. `ENAS_TORCH_DEBUG=1` shows the stack as well.
 */
export async function fail(error: unknown, host: Host): Promise<number> {
  // Commander has written its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interrupted) return error.exitCode;
  const debug = (host.env.ENAS_TORCH_DEBUG ?? '') !== '';
  await writeError(error, host.stderr, debug);
  return error instanceof EnasTorchError && error.code === 'ERR_ARGUMENT' ? 2 : 1;
}

async function writeError(error: unknown, stderr: Output, debug: boolean): Promise<void> {
  const expected = error instanceof EnasTorchError || isSystemError(error);
  if (expected) {
    for (const line of error.message.split('\n')) await write(stderr, `error: ${line}\n`);
  } else {
    await write(stderr, `error: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  const stack = error instanceof Error ? error.stack : undefined;
  if (debug && stack !== undefined) await write(stderr, `${stack}\n`);
  if (!expected && !debug) {
    await write(stderr, 'This is a defect; ENAS_TORCH_DEBUG=1 shows where it happened.\n');
  }
}

/** A refusal of the operating system: no such file, no space, no permission. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined;
}
