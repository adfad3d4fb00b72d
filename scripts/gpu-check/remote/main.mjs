/**
 * Builds the addon, runs the checks of test/cuda, the benchmark and a search on a device, and leaves
 * gpu-check.json, written anew after every step so that a stop loses none. Started by run.sh.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { bench, checks, doctor, search } from './steps.mjs';

/** Seconds for everything: the whole is to be under nine minutes. */
const ALL_SECONDS = 520;

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    out: { type: 'string', default: '.' },
    work: { type: 'string' },
    patience: { type: 'string', default: '1' },
  },
});
const app = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const started = performance.now();
const report = {
  version: 1,
  device: values.device,
  rehearsal: values.device === 'cpu',
  machine: {
    processor: cpus()[0]?.model,
    processors: availableParallelism(),
    memory: totalmem(),
    node: process.version,
  },
  ok: false,
  seconds: 0,
  steps: {},
};
/** For a rehearsal on a slow machine. */
const patience = Number(values.patience);
const left = () => patience * ALL_SECONDS - (performance.now() - started) / 1000;
const context = { app, work: values.work, device: values.device };

/** Of the seconds left, a step has at most `most`. */
const steps = [
  ['build', 260, build],
  ['doctor', 60, doctor],
  ['checks', 150, checks],
  ['search', 150, search],
  ['bench', 200, bench],
];

mkdirSync(values.out, { recursive: true });
for (const [name, most, step] of steps) {
  const begun = performance.now();
  let result;
  try {
    result = await step({ ...context, seconds: Math.max(1, Math.min(patience * most, left())) });
  } catch (error) {
    result = { ok: false, error: error.message };
  }
  result.seconds = Math.round((performance.now() - begun) / 100) / 10;
  report.steps[name] = result;
  report.seconds = Math.round((performance.now() - started) / 100) / 10;
  write();
  console.log(`${name}: ${result.ok ? 'ok' : 'FAILED'}, ${result.seconds} s ${summary(result)}`);
  // Without an addon nothing else can run.
  if (name === 'build' && !result.ok) break;
}
report.ok = steps.every(([name]) => report.steps[name]?.ok === true);
write();
console.log(
  `${report.ok ? 'all is well' : 'NOT all is well'}: ${path.resolve(values.out, 'gpu-check.json')}`,
);
process.exitCode = report.ok ? 0 : 1;

function write() {
  const file = path.join(values.out, 'gpu-check.json');
  writeFileSync(`${file}.partial`, `${JSON.stringify(report, null, 2)}\n`);
  renameSync(`${file}.partial`, file);
}

function summary({ error, said }) {
  return error === undefined ? (said ?? '') : `(${error.split('\n')[0].slice(0, 300)})`;
}
