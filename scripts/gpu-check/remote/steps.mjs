import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { demandSuccess, run } from './run.mjs';

const node = process.execPath;

export async function doctor({ app, seconds }) {
  const result = await run(node, [path.join(app, 'bin/enas-torch.js'), 'doctor', '--json'], {
    seconds,
  });
  demandSuccess('doctor', result);
  const { ok, problems, probe } = JSON.parse(result.stdout.split('\n')[0]);
  return { ok, problems, probe };
}

/** The checks of test/cuda, in a process of their own. */
export async function checks({ app, device, seconds }) {
  const program = fileURLToPath(new URL('./checks.mjs', import.meta.url));
  const result = await run(node, [program, device], { cwd: app, seconds });
  // A crash or a stop keeps what was done before it.
  const results = result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const count = (status) => results.filter((check) => check.status === status).length;
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(count);
  const said = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  const names = (status) =>
    results.filter((check) => check.status === status).map(({ name }) => name);
  const complete = { ok: failed === 0 && passed > 0 && result.status === 0, said, results };
  if (complete.ok) return { ...complete, skippedHere: names('skipped') };
  const words = result.stderr.trim().split('\n').slice(-15).join('\n');
  const error = `${said}; failed: ${names('failed').join('; ')}; status ${result.status}: ${words}`;
  return { ...complete, error };
}

/** Three epochs of a macro search on CIFAR-10; on the CPU, a small part of it and of the network. */
export async function search({ app, work, device, seconds }) {
  const images = path.join(work, 'images');
  const hasImages = existsSync(path.join(images, 'train'));
  const small = ['--train-limit', '256', '--batch', '64', '--layers', '3', '--filters', '4'];
  const args = [path.join(app, 'bin/enas-torch.js'), 'search', '--json', '--epochs', '3'];
  args.push('--device', device, '--out', path.join(work, 'run'));
  args.push('--data', hasImages ? `images:${images}` : 'builtin');
  args.push(...(device === 'cpu' ? small : ['--preset', 'paper']));
  const result = await run(node, args, { cwd: app, seconds });
  const events = result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const of = (type) => events.filter((event) => event.type === type);
  const figures = {
    data: hasImages ? 'CIFAR-10' : 'builtin',
    start: of('run:start')[0] ?? null,
    epochs: of('epoch:end'),
    steps: of('child:step').length,
    warnings: of('warning'),
    done: of('done')[0] ?? null,
  };
  if (result.status !== 0 || figures.done === null) {
    const words = result.stderr.trim().split('\n').slice(-15).join('\n');
    return { ok: false, error: `search: status ${result.status}: ${words}`, ...figures };
  }
  return { ok: true, said: `${figures.steps} steps`, ...figures };
}

/** The benchmark on the device, where the package has one that takes a device. */
export async function bench({ app, work, device, seconds }) {
  const { scripts } = JSON.parse(readFileSync(path.join(app, 'package.json'), 'utf8'));
  const command = scripts.bench?.split(' ');
  if (command?.[0] !== 'node') return { ok: true, said: 'there is no benchmark', skipped: true };
  const file = path.join(work, 'bench.json');
  const args = [...command.slice(1), '--device', device, '--json', file, '--quick'];
  const result = await run(node, args, { cwd: app, seconds });
  const figures = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  demandSuccess('bench', result);
  return { ok: true, table: result.stdout.slice(-8000), figures };
}
