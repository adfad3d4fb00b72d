/**
 * `npm run bench:ops`: what a small operation costs, from JavaScript and from Python on the same
 * libtorch, with the release of its result; nanoseconds an operation. The two take turns within one
 * run, so that both see the same machine; the figures are medians over the turns.
 *
 *   --python <interpreter or venv>   a Python with torch (or PYTHON_TORCH); without one: ours only
 *   --rounds <n>                     turns each side takes (25)
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
    rounds: { type: 'string', default: '25' },
    json: { type: 'string' },
  },
});

/** What stands in the table for each case; all on 16 × 16 float32 (view on 256). */
const cases = {
  add: 'x.add(y)',
  relu: 'x.relu()',
  matmul: 'x.matmul(y)',
  view: 'x.view([16, 16])',
  number: 'x.mul(2)',
  chain: 'ten in a row',
};

/** Operations timed in one turn of either side, about 30 ms. */
const perTurn = 30_000;

/** Operations in one scope of ours and, in the chain, in one iteration of Python's. */
const perScope = 10;

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const ours = smallOps(torch);
const python = await startPython(options.python);

async function measure(name) {
  const taken = { ours: [], python: [] };
  const perIteration = name === 'chain' ? perScope : 1;
  for (let turn = -1; turn < Number(options.rounds); turn++) {
    const mine = time(torch, ours[name], perTurn / perScope) / perScope;
    const theirs = python === null ? Number.NaN : await python.time(name, perTurn / perIteration);
    // The first turn warms both up.
    if (turn < 0) continue;
    taken.ours.push(mine);
    taken.python.push(theirs / perIteration);
  }
  const row = { name, oursNs: median(taken.ours) };
  if (python === null) return row;
  const pythonNs = median(taken.python);
  return { ...row, pythonNs, ratio: row.oursNs / pythonNs };
}

const rows = [];
for (const name of Object.keys(cases)) rows.push(await measure(name));
python?.stop();

console.log(`libtorch ${torch.version}, Node ${process.version}, load ${loadavg()[0].toFixed(2)}`);
if (python === null) {
  console.log(`no torch in ${options.python}: ours only; --python <venv> compares with PyTorch`);
} else if (python.version.split('+')[0] !== torch.version) {
  console.log(`PyTorch is ${python.version}: not the same libtorch, so the ratio says less`);
}
for (const { name, oursNs, pythonNs, ratio } of rows) {
  const compared =
    ratio === undefined
      ? ''
      : `  PyTorch ${pythonNs.toFixed(0).padStart(6)} ns  ${ratio.toFixed(2)}×`;
  console.log(`${cases[name].padEnd(16)} ${oursNs.toFixed(0).padStart(6)} ns${compared}`);
}
if (options.json !== undefined) {
  const figures = { libtorch: torch.version, python: python?.version ?? null, operations: rows };
  writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
}
