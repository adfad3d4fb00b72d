/**
 * Calls every function of the addon with whatever there is, and says what came of it.
 *
 *     npm run fuzz                             1,000,000 calls from a seed of the day
 *     npm run fuzz -- --calls 5000 --seed 7    so many, from this seed
 *     npm run fuzz -- --seed 7 --from 1234 --calls 1    one call again
 *
 * Exits with 1 if a call ended the process, hung, threw what is no EnasTorchError, left tensors alive, if
 * calls made again and again leave something each time, or if memory grew.
 */
import { parseArgs } from 'node:util';
import { runChild } from './runner.mjs';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 86_400_000)) },
    from: { type: 'string', default: '0' },
  },
});
const [calls, seed, from] = [values.calls, values.seed, values.from].map(Number);

/**
 * MiB that there may be more after the first fifth. What is in use comes to rest but for what a function
 * leaks in rare cases; what the process holds goes on growing more and more slowly, as glibc keeps what is
 * freed, in pieces that lie between others still in use.
 */
const growth = { inUse: 10, rss: 100 };
/** Processes that end before their time, after which it is enough. */
const mostCrashes = 20;

const to = from + calls;
let next = from;
let crashes = 0;
let wrongs = 0;
let returned = 0;
while (next < to && crashes < mostCrashes) {
  // Sanitizers reserve terabytes of address space; they have limits of their own.
  const limited = !process.env.ASAN_OPTIONS;
  const onProgress = ({ progress, seconds, rss }) =>
    process.stderr.isTTY &&
    process.stderr.write(`\r${progress} calls, ${seconds.toFixed(0)} s, ${rss.toFixed(0)} MiB `);
  const { wrong, summary, ...memory } = await runChild({
    seed,
    from: next,
    to,
    limited,
    onProgress,
  });
  wrongs += wrong.length;
  for (const found of wrong) {
    console.log(
      `seed ${seed}, call ${found.number}, ${found.name}: ${found.wrong}\n  ${found.call}`,
    );
  }
  for (const [what, most] of Object.entries(growth)) {
    const figures = memory[what];
    if (figures.length < 5) continue;
    const [settled, end] = [figures[Math.ceil(figures.length / 5)], figures.at(-1)];
    const grew = end > settled + most;
    if (grew) wrongs++;
    console.log(
      `${what} ${figures[0].toFixed(1)}, then ${settled.toFixed(1)} to ${end.toFixed(1)} MiB${grew ? `: expected at most ${most} more` : ''}`,
    );
  }
  if (summary !== null) {
    returned += summary.returned;
    break;
  }
  crashes++;
  next = wrong.at(-1).number + 1;
}
console.log(
  `${calls} calls from seed ${seed}: ${returned} returned, ${wrongs} wrong, ${crashes} crashes`,
);
process.exitCode = wrongs > 0 ? 1 : 0;
