// Searches as a service over HTTP, with server-sent events: begin, watch, stop and go on, result.
//
//     node examples/service.mjs [--port 8080] [--folder runs]
//
//     POST   /searches               { "id": "first", "config": { "space": "macro" } }: begins or goes on
//     GET    /searches/first         its state and progress
//     GET    /searches/first/events  from now on, as text/event-stream; "ended" is the last
//     DELETE /searches/first         stops it; a checkpoint is written
//     GET    /searches/first/result  the best architecture
//
// A search is kept in <folder>/<id>. What was stopped, or was under way when the service ended, goes on where
// it was when it is posted again, and comes to what it would have come to. Prints the address listened to.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { search } from 'enas-torch';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    folder: { type: 'string', default: 'runs' },
  },
});

/** By id: the job, its state, and its result or what went wrong. */
const searches = new Map();

function begin(id, config) {
  const known = searches.get(id);
  if (['running', 'done'].includes(known?.state)) return known;
  const job = search(config, { out: join(values.folder, id), resume: true });
  const entry = { job, state: 'running', answer: null };
  searches.set(id, entry);
  entry.ended = job.result().then(
    (result) => Object.assign(entry, { state: 'done', answer: result }),
    ({ name, message: error }) => {
      const state = name === 'AbortError' ? 'stopped' : 'failed';
      return Object.assign(entry, { state, answer: { error } });
    },
  );
  return entry;
}

const status = (id, { state, job }) => ({ id, state, progress: job.progress });
function send(response, code, body) {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function sendEvents(response, { job, ended }) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const write = (type, data) => response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  try {
    for await (const event of job) {
      if (response.destroyed) return;
      // A search waits for its slowest reader, and must not for a slow network.
      if (!response.writableNeedDrain) write(event.type, event);
    }
  } catch {
    // How it ended is said below.
  }
  const { state, answer } = await ended;
  write('ended', { state, answer });
  response.end();
}

async function answer(request, response) {
  const [, root, id, what] = new URL(request.url, 'http://localhost').pathname.split('/');
  const asked = [request.method, root, id && ':id', what].filter(Boolean).join(' ');
  if (asked === 'POST searches') {
    const body = await json(request);
    if (!/^[\w-]+$/.test(body.id ?? '')) throw new Error('id: expected letters, digits, - or _');
    return send(response, 200, status(body.id, begin(body.id, body.config)));
  }
  const entry = searches.get(id);
  if (entry === undefined) return send(response, 404, { error: `no search ${id}` });
  if (asked === 'GET searches :id') return send(response, 200, status(id, entry));
  if (asked === 'GET searches :id events') return await sendEvents(response, entry);
  if (asked === 'GET searches :id result') {
    if (entry.state === 'running') return send(response, 202, status(id, entry));
    return send(response, entry.state === 'done' ? 200 : 409, entry.answer);
  }
  if (asked !== 'DELETE searches :id') throw new Error(`${asked}: no such request`);
  entry.job.abort();
  send(response, 200, status(id, await entry.ended));
}

const server = createServer((request, response) =>
  answer(request, response).catch(({ message }) => send(response, 400, { error: message })),
);
server.listen(Number(values.port), '127.0.0.1');
await once(server, 'listening');
console.log(`http://127.0.0.1:${server.address().port}`);

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
for (const { job } of searches.values()) job.abort();
await Promise.all([...searches.values()].map(({ ended }) => ended));
server.close().closeAllConnections();
