import { spawn } from 'node:child_process';

/**
 * Runs a program, ended with all it started after so many seconds.
 *
 * @returns its exit status (null where it was ended) and what it said
 */
export function run(program, args, { seconds, cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, args, { cwd, env, stdio, detached: true });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].on('data', (chunk) => {
        said[name] += chunk;
      });
    }
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 1000 * seconds);
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, ...said });
    });
  });
}

/** Throws with the last words of a program that did not end well. */
export function demandSuccess(what, { status, stdout, stderr }) {
  if (status === 0) return;
  const ended = status === null ? 'was ended, its time being up' : `failed (${status})`;
  const words = `${stderr}\n${stdout}`.trim().split('\n').slice(-25).join('\n');
  throw new Error(`${what} ${ended}: ${words}`);
}
