import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('smallOps.py', import.meta.url));

/**
 * PyTorch in a process of its own that times the same operations on request, or null where that
 * Python has no torch.
 *
 * @param {string} python an interpreter, or the directory of a virtual environment
 */
export async function startPython(python) {
  const inEnvironment = path.join(python, 'bin', 'python');
  const child = spawn(existsSync(inEnvironment) ? inEnvironment : python, [script], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const failed = new Promise((resolve) => child.once('error', () => resolve(null)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), failed]);
  if (first === null || first.done) return null;
  return {
    version: first.value,
    async time(name, iterations) {
      child.stdin.write(`${name} ${iterations}\n`);
      return Number((await lines.next()).value);
    },
    stop: () => child.stdin.end(),
  };
}
