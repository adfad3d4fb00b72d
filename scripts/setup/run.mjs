import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) process.kill(-child.pid, 'SIGTERM');
    process.exit(128 + { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }[signal]);
  });
}

/**
 * Runs a program without input and hands each line it prints to `onLine(line, 'stdout' | 'stderr')`.
 * It is ended with this process.
 *
 * @returns the exit status, or the signal's name
 */
export function run(program, args, { env = process.env, cwd, onLine }) {
  return new Promise((resolve, reject) => {
    // A process group of its own: what the program started (a compiler under ninja) ends with it.
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, args, { env, cwd, stdio, detached: true });
    if (child.pid !== undefined) running.add(child);
    for (const name of ['stdout', 'stderr']) {
      createInterface({ input: child[name] }).on('line', (line) => onLine(line, name));
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal);
    });
  });
}
