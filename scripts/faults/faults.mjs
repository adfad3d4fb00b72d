// npm run faults: what a run survives, tried on runs of a few seconds.
//   --kills <n>     kills of each kind of run (30)
//   --cases <a,b>   of cases.mjs (all)
//   --seed <n>      of the moments (1)
//   --skip-disk     kills only
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../bench/table.mjs';
import { cases } from './cases.mjs';
import { diskFaults } from './diskFaults.mjs';
import { killAndResume } from './killResume.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    cases: { type: 'string', default: Object.keys(cases).join() },
    seed: { type: 'string', default: '1' },
    'skip-disk': { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'enas-torch-faults-'));
let failed = false;
try {
  await kills();
  if (!values['skip-disk']) await disks();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function kills() {
  const rows = [['run', 'kills', 'runs to the end', 'killed in', 'what differed']];
  for (const [i, name] of values.cases.split(',').entries()) {
    const own = join(folder, `case${i}`);
    mkdirSync(own);
    const options = { folder: own, kills: Number(values.kills), seed: Number(values.seed) + i };
    const { runs, kills, differing } = await killAndResume(name, options);
    failed ||= differing.size > 0;
    rows.push([
      name,
      String(kills.length),
      String(runs),
      tally(kills),
      [...differing].join(', ') || 'nothing',
    ]);
    console.log(`\n${table(rows)}`);
  }
}

async function disks() {
  for await (const { fault, said, differing } of diskFaults(folder)) {
    console.log(`\n${fault}\n  ${said}`);
    if (differing === null) continue;
    failed ||= differing.length > 0;
    console.log(`  differs when resumed: ${differing.join(', ') || 'nothing'}`);
  }
}

/** `ω phase 9, θ phase 4`: most often first. */
function tally(kills) {
  const counts = new Map();
  for (const { at } of kills) counts.set(at, (counts.get(at) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([at, count]) => `${at} ${count}`).join(', ');
}
