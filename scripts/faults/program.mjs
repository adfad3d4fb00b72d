import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/enas-torch.js', import.meta.url));

/** `enas-torch … --json` in a process of its own, with the events that it has told of. */
export class Program {
  /** @type {{ type: string, [key: string]: unknown }[]} */
  events = [];
  stderr = '';
  #rest = '';

  /**
   * @param {readonly string[]} words
   * @param {{ cwd: string, onEvent?: () => void, prefix?: readonly string[] }} options `prefix`: a command
   *   that runs a command, such as `nice`
   */
  constructor(words, { cwd, onEvent = () => {}, prefix = [] }) {
    const [command, ...rest] = [...prefix, process.execPath, bin, ...words, '--json'];
    // One thread: what is computed does not depend on it, and processors may be few and busy.
    const env = { ...process.env, OMP_NUM_THREADS: '1' };
    this.child = spawn(command, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        this.events.push(JSON.parse(line));
        onEvent();
      }
    });
    /** The exit code, or the name of the signal that ended it. */
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
  }

  kill() {
    this.child.kill('SIGKILL');
  }
}

/** Runs a command line to its end. */
export async function program(words, options) {
  const running = new Program(words, options);
  const code = await running.ended;
  return { code, events: running.events, stderr: running.stderr };
}
