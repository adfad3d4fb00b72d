/**
 * Makes calls from..to of a seed, in a process of its own:
 *     child.mjs <seed> <from> <to> <file for the number of the call under way>
 * Prints JSON lines: {wrong} for a call that did what it must not, {progress}, {done}. With `describe` for
 * the file it prints what is called and calls nothing.
 */
import { openSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { EnasTorchError } from '../../../dist/errors/error.js';
import { native } from '../../../dist/torch/addon.js';
import { callsOf } from './calls.mjs';
import { catalogue } from './catalogue.mjs';
import { junkMakers } from './junk.mjs';
import { leftEachTime } from './leaks.mjs';
import { Materialiser } from './materialise.mjs';
import { Session } from './session.mjs';

const [seed, from, to] = process.argv.slice(2, 5).map(Number);
const file = process.argv[5];

/** Calls of one function at a time, so that any of them can be made again without those before. */
const chunk = 50;

/** Of so many rounds of all functions one makes its calls again, to see what they leave. */
const roundsALook = 10;
/** Bytes that the 50 calls may leave each time. */
const leak = 200;

/** Milliseconds from which a call is worth a line. */
const slow = 200;

const functions = catalogue(native);
const names = Object.keys(junkMakers(native));
const arbitraries = functions.map((each) => callsOf(each, names));

function callsFrom(start) {
  const index = start / chunk;
  const which = index % functions.length;
  const calls = fc.sample(arbitraries[which], { seed: (seed * 7919 + index) | 0, numRuns: chunk });
  return { name: functions[which].name, calls };
}

const print = (line) => console.log(JSON.stringify(line));
const text = (call) =>
  JSON.stringify(call, (_, value) =>
    typeof value === 'bigint' || Object.is(value, -0) || Number.isNaN(value) ? `${value}` : value,
  );

if (file === 'describe') {
  const { name, calls } = callsFrom(from - (from % chunk));
  print({ name, call: text(calls[from % chunk]) });
} else {
  await run();
}

async function run() {
  const progress = openSync(file, 'w');
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');
  Error.stackTraceLimit = 3;
  const worker = new Worker(new URL('./foreigner.mjs', import.meta.url));
  const [foreign] = await once(worker);
  const session = new Session(native, new Materialiser(native, foreign), EnasTorchError);
  const number = new BigUint64Array(1);
  const started = Date.now();
  const make = (name, call, which) => {
    number[0] = BigInt(which);
    writeSync(progress, number, 0, 8, 0);
    return session.make(name, call);
  };
  const bytesInUse = () => {
    collectGarbage();
    return native.bytesInUse();
  };
  for (let start = from - (from % chunk); start < to; start += chunk) {
    const { name, calls } = callsFrom(start);
    const round = Math.floor(start / chunk / functions.length);
    session.reset(round);
    for (let i = 0; i < chunk; i++) {
      if (start + i < from || start + i >= to) continue;
      const begun = performance.now();
      const wrong = make(name, calls[i], start + i);
      const ms = performance.now() - begun;
      if (ms > slow) print({ slow: ms, number: start + i, name, call: text(calls[i]) });
      if (wrong !== undefined) print({ wrong, number: start + i, name, call: text(calls[i]) });
    }
    if (round % roundsALook === roundsALook / 2 && start >= from && start + chunk <= to) {
      const { returned } = session;
      const again = () => {
        for (let i = 0; i < chunk; i++) make(name, calls[i], start + i);
      };
      const left = leftEachTime(again, bytesInUse);
      session.returned = returned;
      if (left > leak) {
        print({
          wrong: `calls ${start} to ${start + chunk - 1} leave ${left} bytes each time they are made`,
          number: start,
          name,
          call: text(calls[0]),
        });
      }
    }
    if ((start / chunk) % functions.length === functions.length - 1) {
      const inUse = bytesInUse() / 2 ** 20;
      const rss = process.memoryUsage.rss() / 2 ** 20;
      print({ progress: start + chunk, seconds: (Date.now() - started) / 1000, rss, inUse });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  collectGarbage();
  print({
    done: true,
    returned: session.returned,
    tensors: native.memory().tensors,
    functions: functions.length,
  });
  await worker.terminate();
}

function once(worker) {
  return new Promise((resolve, reject) => {
    worker.once('message', (message) => resolve([message]));
    worker.once('error', reject);
  });
}
