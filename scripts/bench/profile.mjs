/**
 * `node scripts/bench/profile.mjs`: what a step of ours goes to, by operator, the time of each without
 * that of the operators it called.
 *
 *   --case <name>         a case of steps in cases.mjs (macro)
 *   --precision fp32|bf16
 *   --device cpu|cuda
 *   --rows <n>            operators shown (20)
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as torch from '../../dist/torch/index.js';
import { cases } from './cases.mjs';
import { prepare } from './child.mjs';
import { start } from './ours/steps.mjs';
import { table } from './table.mjs';

const text = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: { case: text('macro'), precision: text('fp32'), device: text('cpu'), rows: text('20') },
});
if (cases[values.case]?.kind !== 'step') {
  const names = Object.keys(cases).filter((name) => cases[name].kind === 'step');
  throw new Error(`--case: expected one of ${names.join(', ')}, got ${values.case}`);
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'enas-torch-bench-'));
try {
  await prepare(values.case, folder, values.device);
  const spec = JSON.parse(readFileSync(path.join(folder, 'spec.json'), 'utf8'));
  const steps = start(spec, folder, values.precision);
  const { timed } = cases[values.case];
  // The first steps also allocate.
  steps.first();
  steps.time(timed);
  let whole = 0;
  const times = torch.profile(() => {
    whole = steps.time(timed).reduce((sum, seconds) => sum + seconds, 0);
  });
  const row = (name, calls, seconds) => [
    name,
    calls,
    ((1000 * seconds) / timed.length).toFixed(1),
    `${((100 * seconds) / whole).toFixed(1)} %`,
  ];
  const shown = times.slice(0, Number(values.rows));
  const inside = times.reduce((sum, { seconds }) => sum + seconds, 0);
  const rest = inside - shown.reduce((sum, { seconds }) => sum + seconds, 0);
  const perStep = (calls) => (calls / timed.length).toFixed(0);
  console.log(`${cases[values.case].title}, ${values.precision}`);
  console.log(
    table([
      ['operator', 'calls a step', 'ms a step', 'share'],
      ...shown.map(({ name, calls, seconds }) => row(name, perStep(calls), seconds)),
      row(`${times.length - shown.length} others`, '', rest),
      row('outside of operators', '', whole - inside),
      row('the whole step', '', whole),
    ]),
  );
} finally {
  rmSync(folder, { recursive: true });
}
