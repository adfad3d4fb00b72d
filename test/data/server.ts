import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Served {
  readonly url: string;
  /** The Range of each request, in order; undefined where there was none. */
  readonly ranges: (string | undefined)[];
}

/** Answers one request; `count` is 1 for the first. */
export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server on this machine that goes away with the test. */
export async function serve(answer: Answer): Promise<Served> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/archive.tar.gz`, ranges };
}

/** Serves bytes as a server does that knows Range. */
export function ranged(bytes: Buffer): Answer {
  return (request, response) => {
    const start = startOf(request);
    if (start === undefined) {
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    } else if (start >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    } else {
      const part = bytes.subarray(start);
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { 'content-length': part.length, 'content-range': range }).end(part);
    }
  };
}

/** Promises the rest of the file, sends `length` bytes of it and cuts the connection. */
export function cutAfter(bytes: Buffer, length: number): Answer {
  return (request, response) => {
    const start = startOf(request);
    const from = start ?? 0;
    response.writeHead(start === undefined ? 200 : 206, {
      'content-length': bytes.length - from,
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    });
    // Not at once: what has come is dropped by the reader when the connection fails before it is read.
    const cut = () => setTimeout(() => response.destroy(), 100);
    response.write(bytes.subarray(from, from + length), cut);
  };
}

function startOf(request: IncomingMessage): number | undefined {
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  return match === null ? undefined : Number(match[1]);
}
