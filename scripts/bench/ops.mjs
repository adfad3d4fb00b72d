/**
 * `npm run bench:ops`: what a small operation costs, from JavaScript and from Python on the same
 * libtorch, with the release of its result. The two take turns within one run, so that both see the
 * same machine; the figures are medians over the rounds.
 *
 *   --python <interpreter or venv>   a Python with torch (or PYTHON_TORCH); without one: ours only
 *   --rounds <n>                     turns each side takes (15)
 *   --json <file>                    writes the figures there too
 */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

// Before libtorch loads: one thread on either side, as these operations are too small for more.
process.env.OMP_NUM_THREADS = '1';
const torch = await import('../../dist/torch/index.js');
const { smallOps, time } = await import('./smallOps.mjs');
const { startPython } = await import('./pythonTorch.mjs');

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: process.env.PYTHON_TORCH ?? 'python3' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'string' },
  },
});

const iterations = { add: 40_000, relu: 40_000, matmul: 30_000, view: 40_000, chain: 4_000 };

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const ours = smallOps(torch);
const python = await startPython(options.python);

async function measure(name) {
  const taken = { ours: [], python: [] };
  for (let round = -1; round < Number(options.rounds); round++) {
    const mine = time(torch, ours[name], iterations[name]);
    const theirs = python === null ? Number.NaN : await python.time(name, iterations[name]);
    // The first turn warms both up.
    if (round < 0) continue;
    taken.ours.push(mine);
    taken.python.push(theirs);
  }
  const row = { name, oursNs: median(taken.ours) };
  if (python === null) return row;
  const pythonNs = median(taken.python);
  return { ...row, pythonNs, ratio: row.oursNs / pythonNs };
}

const rows = [];
for (const name of Object.keys(iterations)) rows.push(await measure(name));
python?.stop();

console.log(`libtorch ${torch.version}, Node ${process.version}, load ${loadavg()[0].toFixed(2)}`);
if (python === null) {
  console.log(`no torch in ${options.python}: ours only; --python <venv> compares with PyTorch`);
} else if (python.version !== torch.version) {
  console.log(`PyTorch is ${python.version}: not the same libtorch, so the ratio says less`);
}
for (const { name, oursNs, pythonNs, ratio } of rows) {
  const compared =
    ratio === undefined
      ? ''
      : `  PyTorch ${pythonNs.toFixed(0).padStart(6)} ns  ${ratio.toFixed(2)}×`;
  console.log(`${name.padEnd(8)} ${oursNs.toFixed(0).padStart(6)} ns${compared}`);
}
if (options.json !== undefined) {
  const figures = { libtorch: torch.version, python: python?.version ?? null, operations: rows };
  writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
}
