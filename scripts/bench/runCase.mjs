import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { prepare, startContender } from './child.mjs';
import { contenders } from './contenders.mjs';
import { comparisons, median } from './figures.mjs';

/** Operations that one turn of a small operator does, about 30 ms. */
const operations = 30_000;

/**
 * Runs a case: every contender in a process of its own, started and compared one after the other, then
 * timed in turns.
 *
 * @param names the contenders, in the table's order
 * @param {{rounds: number, limit: number, report: (line: string) => void}} options `limit`: a
 *   contender whose turns have taken so many seconds takes no more; the least is one
 * @returns spec and roofline of the case, and of each contender what it was found to be
 */
export async function runCase(name, chosen, names, options) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'enas-torch-bench-'));
  const running = new Map();
  try {
    const spec = await specOf(name, chosen, folder, options);
    for (const one of names) {
      options.report(`${name}: ${one} starts`);
      const threads = chosen.kind === 'operators' ? 1 : options.threads;
      const started = await startContender(contenders[one], { folder, ...options, threads });
      running.set(one, { ...started, rounds: [], spent: 0 });
    }
    const figures = await compare(chosen.kind, running, options);
    const roofline = await timeInTurns(name, chosen, running, options);
    const found = [...running].map(([one, { child, first, spent, ...rest }]) => [
      one,
      { ...rest, ...figures.get(one), peakBytes: child.peakMemory() },
    ]);
    return { spec, roofline, found: Object.fromEntries(found) };
  } finally {
    for (const { child } of running.values()) await child.stop();
    rmSync(folder, { recursive: true });
  }
}

async function specOf(name, { kind }, folder, { device }) {
  if (kind === 'operators') {
    const spec = { case: name, kind };
    writeFileSync(path.join(folder, 'spec.json'), JSON.stringify(spec));
    return spec;
  }
  await prepare(name, folder, device);
  return JSON.parse(readFileSync(path.join(folder, 'spec.json'), 'utf8'));
}

/**
 * The figures that must agree before anything is timed. The reference is PyTorch in float32, as people
 * write it where that takes part: its batch statistics of contiguous images are the more exact ones.
 */
async function compare(kind, running, { report }) {
  const compared = new Map();
  if (kind === 'operators') return compared;
  for (const [one, { child, first }] of running) {
    report(`comparing ${one}`);
    if (kind === 'controller') compared.set(one, first);
    else if (kind === 'reward') compared.set(one, await child.ask('rewards'));
    else compared.set(one, [first, ...(await child.ask('losses'))]);
  }
  const { difference, ...tolerances } = comparisons[kind];
  const reference = ['eager', 'tuned-fp32', 'ours-fp32'].find((one) => compared.has(one));
  return new Map(
    [...compared].map(([one, figures]) => {
      const expected = compared.get(reference);
      if (expected === undefined) return [one, { figures }];
      const differs = difference(expected, figures);
      const tolerance = tolerances[contenders[one].precision];
      return [one, { figures, differs, agrees: differs <= tolerance, reference }];
    }),
  );
}

/** Takes turns; each round begins with another contender, and measures the machine itself too. */
async function timeInTurns(name, chosen, running, { rounds, limit, roofline, report }) {
  const limits = [];
  const turns = [...running.keys()];
  for (let round = 0; round < rounds; round++) {
    report(`${name}: round ${round + 1} of ${rounds}`);
    limits.push(await roofline.ask('measure'));
    const order = turns.map((_, i) => turns[(i + round) % turns.length]);
    for (const one of order) {
      const contender = running.get(one);
      if (contender.spent > limit) continue;
      const seconds = await turn(chosen, one, contender.child);
      contender.spent += seconds.reduce((sum, s) => sum + s, 0);
      contender.rounds.push(seconds);
    }
  }
  return Object.fromEntries(
    Object.keys(limits[0]).map((key) => [key, median(limits.map((found) => found[key]))]),
  );
}

/** Seconds of each item of a round. */
async function turn({ kind, timed, eagerTimed = timed.length }, one, child) {
  if (kind === 'step') {
    return child.ask('time', one === 'eager' ? timed.slice(0, eagerTimed) : timed);
  }
  const seconds = [];
  for (const item of timed) {
    if (kind === 'operators') {
      seconds.push((await child.ask('time', { name: item, operations })) / 1e9);
    } else seconds.push(...(await child.ask('time', item)));
  }
  return seconds;
}
