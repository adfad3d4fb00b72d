/**
 * `npm run bench`: searching and scoring beside PyTorch on the same machine in the same run. Every case
 * gives all contenders the same architectures, first weights and minibatches; their losses must agree
 * before they are timed, in turns. How a figure is taken: docs/architecture.md.
 *
 *   --python <interpreter or venv>   a Python with torch (or PYTHON_TORCH)
 *   --cases <names>                  of cases.mjs, by commas (all)
 *   --contenders <names>             of contenders.mjs, by commas (all)
 *   --rounds <n>                     turns of each contender (5)
 *   --limit <seconds>                a contender whose turns took so long in a case takes no more (60)
 *   --threads <n>                    of one operator (one for each core)
 *   --device cpu|cuda
 *   --json <file>                    (docs/measurements/bench-<device>.json, where all cases and contenders
 *                                    take part; else none is written)
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { startRoofline, torchOf } from './child.mjs';
import { contenders, contendersOf } from './contenders.mjs';
import { machine } from './machine.mjs';
import { rowsOf, tableOf } from './report.mjs';
import { runCase } from './runCase.mjs';
import { shown } from './table.mjs';

const text = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: {
    python: text(process.env.PYTHON_TORCH ?? 'python3'),
    cases: text(Object.keys(cases).join()),
    contenders: text(Object.keys(contenders).join()),
    rounds: text('5'),
    limit: text('60'),
    threads: text(String(os.availableParallelism())),
    device: text('cpu'),
    json: { type: 'string' },
  },
});

function oneOf(flag, given, known) {
  if (known.includes(given)) return given;
  throw new Error(`${flag}: expected one of ${known.join(', ')}, got ${given}`);
}

function positive(flag) {
  const number = Number(values[flag]);
  if (number > 0) return number;
  throw new Error(`--${flag}: expected a positive number, got ${values[flag]}`);
}

const list = (flag, known) =>
  values[flag].split(',').map((name) => oneOf(`--${flag}`, name, Object.keys(known)));

async function main() {
  const device = oneOf('--device', values.device, ['cpu', 'cuda']);
  const wanted = list('contenders', contenders);
  const [rounds, limit, threads] = ['rounds', 'limit', 'threads'].map(positive);
  const chosen = list('cases', cases);
  const interpreter = values.python;
  const usesPython = wanted.some((one) => contenders[one].python);
  const python = usesPython ? await torchOf(interpreter) : null;
  const described = machine();
  const result = { date: new Date().toISOString(), device, threads, rounds, machine: described };
  const said = `${described.cpu}, ${threads} threads, Node ${described.node}, PyTorch ${python ?? 'left out'}`;
  console.log(`${said}, load ${described.load.toFixed(1)}`);

  const roofline = await startRoofline(device, threads);
  const options = { interpreter, device, rounds, limit, threads, roofline, report };
  const figures = {};
  let agree = true;
  try {
    for (const name of chosen) {
      const one = cases[name];
      const names = wanted.filter((contender) => contendersOf[one.kind].includes(contender));
      const measured = await runCase(name, one, names, options);
      const rows = rowsOf(one, measured);
      const limits = measured.roofline;
      figures[name] = { title: one.title, roofline: limits, rows };
      agree &&= rows.every(({ agrees }) => agrees !== false);
      report('');
      console.log(`\n${one.title}`);
      const shownLimits = [limits.fp32, limits.bf16, limits.gbPerSecond].map(shown);
      console.log(
        `the machine: ${shownLimits[0]} GFLOP/s fp32, ${shownLimits[1]} bf16, ${shownLimits[2]} GB/s`,
      );
      console.log(tableOf(one, rows));
    }
  } finally {
    await roofline.stop();
  }
  const whole = chosen.length === count(cases) && wanted.length === count(contenders);
  const to = values.json ?? (whole ? defaultFile(device) : null);
  if (to !== null) {
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, `${JSON.stringify({ python, ...result, cases: figures }, null, 2)}\n`);
    console.log(`\nwritten to ${path.relative(process.cwd(), to)}`);
  }
  if (!agree) throw new Error('the contenders disagree: see the column "differs by"');
}

const count = (of) => Object.keys(of).length;

function defaultFile(device) {
  const folder = fileURLToPath(new URL('../../docs/measurements/', import.meta.url));
  return path.join(folder, `bench-${device}.json`);
}

/** What is under way, on a terminal: a line that the next one replaces. */
function report(line) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line}`);
}

main().catch((error) => {
  report('');
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
