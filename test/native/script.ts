import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const torch = new URL('../../dist/torch/index.js', import.meta.url).href;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a module in a Node process of its own, for what a test's process would not survive. It finds
 * the tensor library as `torch`, and its address as `torchUrl`.
 */
export async function runScript(body: string): Promise<Ended> {
  const script = `const torchUrl = ${JSON.stringify(torch)};
    const torch = await import(torchUrl);
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, signal, stdout: stdout.trim(), stderr };
}
