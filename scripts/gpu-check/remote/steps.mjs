import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { demandSuccess, run } from './run.mjs';
import { segmentFigures } from './segments.mjs';

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

/**
 * Three epochs of a macro search on CIFAR-10; on the CPU, a small part of it and of the network. On a
 * GPU also one epoch with every operator launched by itself, to compare with, and how often segments were
 * replayed in the first.
 */
export async function search(context) {
  const captured = await searched(context, 'run', ['--epochs', '3']);
  if (context.device === 'cpu' || !captured.ok) return captured;
  const warnings = captured.warnings.filter(({ code }) => code === 'not-captured');
  if (warnings.length > 0) return { ...captured, ok: false, error: warnings[0].message };
  if (!(captured.segments?.training.replayed > 0 && captured.segments.evaluation.replayed > 0)) {
    return {
      ...captured,
      ok: false,
      error: 'no segment of training, or none of evaluation, was replayed',
    };
  }
  const single = await searched(context, 'single', ['--epochs', '1', '--no-cuda-graph']);
  const said = `${captured.said}, ${percent(captured.segments.training)} of their segments replayed`;
  return { ...captured, said, ok: single.ok, ...(single.error && { error: single.error }), single };
}

const percent = ({ hitRate }) => `${(100 * hitRate).toFixed(1)} %`;

async function searched({ app, work, device, seconds }, folder, own) {
  const images = path.join(work, 'images');
  const hasImages = existsSync(path.join(images, 'train'));
  const small = ['--train-limit', '256', '--batch', '64', '--layers', '3', '--filters', '4'];
  const args = [path.join(app, 'bin/enas-torch.js'), 'search', '--json', ...own];
  args.push('--device', device, '--out', path.join(work, folder));
  args.push('--data', hasImages ? `images:${images}` : 'builtin');
  args.push(...(device === 'cpu' ? small : ['--preset', 'paper']));
  // Two searches have the time of the step between them.
  const most = device === 'cpu' ? seconds : (seconds * own[1]) / 4;
  const result = await run(node, args, { cwd: app, seconds: most });
  const events = result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const of = (type) => events.filter((event) => event.type === type);
  const figures = {
    data: hasImages ? 'CIFAR-10' : 'builtin',
    start: of('run:start')[0] ?? null,
    epochs: of('epoch:end'),
    segments: segmentFigures(of('segments')),
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

/**
 * The benchmark on the device, one case after the other, so that running out of time loses none that is
 * done. In a rehearsal, of what is quick and without Python.
 */
export async function bench({ app, work, device, seconds }) {
  const program = path.join(app, 'scripts/bench/bench.mjs');
  const { cases } = await import(path.join(app, 'scripts/bench/cases.mjs'));
  const rehearsal = device === 'cpu';
  const options = ['--device', device, '--rounds', '3', '--limit', rehearsal ? '1' : '5'];
  if (rehearsal) options.push('--contenders', 'ours-fp32');
  const names = rehearsal ? ['operators'] : Object.keys(cases);
  const until = performance.now() + 1000 * seconds;
  const figures = {};
  const errors = [];
  for (const name of names) {
    const left = (until - performance.now()) / 1000;
    if (left < 5) {
      errors.push(`${name}: no time was left`);
      continue;
    }
    const file = path.join(work, `bench-${name}.json`);
    const args = [program, ...options, '--cases', name, '--json', file];
    const { status, stdout, stderr } = await run(node, args, { cwd: app, seconds: left });
    figures[name] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
    if (status !== 0) errors.push(`${name}: ${status ?? 'time is up'}: ${last(stderr || stdout)}`);
  }
  const said = `${names.length - errors.length} of ${names.length} cases`;
  return { ok: errors.length === 0, said, ...(errors.length > 0 && { errors }), figures };
}

const last = (text) => text.trim().split('\n').slice(-5).join(' | ').slice(-600);
