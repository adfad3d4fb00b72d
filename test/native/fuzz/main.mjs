/**
 * Calls every function of the addon with whatever there is, and says what came of it.
 *
 *     npm run fuzz                             1,000,000 calls from a seed of the day
 *     npm run fuzz -- --calls 5000 --seed 7    so many, from this seed
 *     npm run fuzz -- --seed 7 --from 1234 --calls 1    one call again
 *
 * Exits with 1 if a call ended the process, hung, threw what is no EnasTorchError, left tensors alive, or
 * if memory grew.
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

/** MiB that a process may grow after its first fifth. */
const growth = 100;
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
  const { wrong, summary, rss } = await runChild({ seed, from: next, to, limited, onProgress });
  wrongs += wrong.length;
  for (const found of wrong) {
    console.log(
      `seed ${seed}, call ${found.number}, ${found.name}: ${found.wrong}\n  ${found.call}`,
    );
  }
  const settled = rss[Math.ceil(rss.length / 5)];
  if (rss.length >= 10 && rss.at(-1) > settled + growth) {
    wrongs++;
    console.log(`memory grew from ${settled.toFixed(0)} to ${rss.at(-1).toFixed(0)} MiB`);
  }
  if (rss.length > 0) console.log(`rss ${rss[0].toFixed(0)} to ${rss.at(-1).toFixed(0)} MiB`);
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
