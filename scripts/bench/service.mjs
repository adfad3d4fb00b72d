/**
 * `npm run bench:service`: how long an HTTP server takes to answer, without and with a search in the same
 * process. The requests come from a process of their own, at a steady pace whether those before were
 * answered or not; a time is from sending to the end of the answer. While the search runs someone
 * watches all its events, and the server answers with its progress. The event loop's longest stay is
 * measured from the search's beginning, so that its loading is in it.
 *
 *   --requests <n>   of either part (2000)
 *   --seconds <n>    that they are spread over (20)
 *   --space <name>   that is searched, on its built-in data (macro)
 *   --preset <name>  by which it is (quick)
 *
 * Prints a table, then the same as a line of JSON.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { search } from 'enas-torch';
import { machine } from './machine.mjs';
import { table } from './table.mjs';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '20' },
    space: { type: 'string', default: 'macro' },
    preset: { type: 'string', default: 'quick' },
  },
});
const requests = Number(values.requests);
const seconds = Number(values.seconds);
const client = fileURLToPath(new URL('client.mjs', import.meta.url));

let job;
const server = http.createServer((_, response) =>
  response.end(JSON.stringify({ progress: job?.progress ?? null })),
);

function watched() {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  return loop;
}

/** Milliseconds of the requests' answers, and the longest that the event loop was kept. */
async function answers(loop) {
  const { port } = server.address();
  const asking = fork(client, [String(port), String(requests), String(seconds)]);
  const [times] = await once(asking, 'message');
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.ceil(share * times.length) - 1];
  return { p50: at(0.5), p99: at(0.99), max: times.at(-1), loopMax: loop.max / 1e6 };
}

async function withSearch() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'enas-torch-bench-'));
  try {
    const loop = watched();
    const { space, preset } = values;
    const flags = { epochs: 100_000, data: 'builtin' };
    job = search({ space, preset, flags }, { out: path.join(folder, 'run') });
    for await (const { type } of job) if (type === 'child:step') break;
    const watching = count(job);
    const times = await answers(loop);
    job.abort();
    return { ...times, events: await watching };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Events until the job was stopped. */
async function count(events) {
  let seen = 0;
  try {
    for await (const _ of events) seen++;
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
  }
  return seen;
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const load = os.loadavg()[0];
const alone = await answers(watched());
const searching = await withSearch();
server.close();

const shown = ({ p50, p99, max, loopMax }) => [p50, p99, max, loopMax].map((ms) => ms.toFixed(2));
console.log(
  table([
    ['answers, ms', 'p50', 'p99', 'max', 'event loop, max'],
    ['without a search', ...shown(alone)],
    [`with one (${values.space}, ${values.preset})`, ...shown(searching)],
  ]),
);
console.log(JSON.stringify({ requests, seconds, load, alone, searching, machine: machine() }));
