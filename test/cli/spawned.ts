import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('../../bin/enas-torch.js', import.meta.url));

/** What a command line came to. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line in a process of its own, for signals, pipes and exit codes. */
export class Spawned {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  #ended: Promise<number>;

  constructor(argv: readonly string[], cwd: string) {
    this.child = spawn(process.execPath, argv, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.#ended = once(this.child, 'close').then(([code, signal]) => code ?? `by ${signal}`);
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  /** `enas-torch` with these words. */
  static program(argv: readonly string[], cwd: string): Spawned {
    return new Spawned([program, ...argv], cwd);
  }

  /** A few lines of JavaScript, as a module that may import from `dist/`. */
  static script(lines: string, cwd: string): Spawned {
    return new Spawned(['--input-type=module', '-e', lines], cwd);
  }

  /** Waits until standard output or standard error holds a text. */
  async shows(text: string): Promise<void> {
    while (!this.stdout.includes(text) && !this.stderr.includes(text)) {
      if (this.child.exitCode !== null) {
        throw new Error(`ended without showing ${text}:\n${this.stdout}\n${this.stderr}`);
      }
      await sleep(5);
    }
  }

  /** Waits for its end and says what it came to. */
  async outcome(): Promise<Outcome> {
    const code = await this.#ended;
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}
