import { open, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { EnasTorchError } from '../errors/error.ts';

export interface FetchOptions {
  /** Hears of bytes on the disk, and of how many there will be where the server says so. */
  readonly onProgress?: ((done: number, total: number | null) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Pause before the second try after a lost connection, in ms, growing with each. Default 1000. */
  readonly retryDelayMs?: number | undefined;
}

/** Tries in a row that may bring no byte. */
const maxTries = 4;

/** The connection could not be made, or ended too early. */
class ConnectionLost extends Error {}

/**
 * Downloads a file, going on from what `path` already holds (HTTP Range, RFC 9110 section 14). A lost
 * connection is taken up again by itself. What came stays in `path` after an error.
 *
 * @throws EnasTorchError ERR_DATA when the server refuses, or stays out of reach
 */
export async function fetchFile(
  url: string,
  path: string,
  { onProgress, signal, retryDelayMs = 1000 }: FetchOptions = {},
): Promise<void> {
  let tries = 0;
  for (;;) {
    const before = await sizeOf(path);
    try {
      if (await attempt(url, path, before, onProgress, signal)) return;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      tries = (await sizeOf(path)) > before ? 1 : tries + 1;
      if (tries >= maxTries) throw unreachable(url, error);
      await setTimeout(retryDelayMs * tries, undefined, { ...(signal && { signal }) });
    }
  }
}

/** One request. False where the part on the disk was of no use, and was removed. */
async function attempt(
  url: string,
  path: string,
  held: number,
  onProgress: FetchOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const response = await connected(signal, () =>
    fetch(url, {
      headers: {
        'accept-encoding': 'identity',
        ...(held > 0 && { range: `bytes=${held}-` }),
      },
      ...(signal && { signal }),
    }),
  );
  const answer = held > 0 ? readAnswer(response, held) : readWhole(response);
  if (answer === 'useless') {
    await response.body?.cancel();
    await (await open(path, 'w')).close();
    return false;
  }
  if (answer === 'refused' || response.body === null) {
    await response.body?.cancel();
    const { status, statusText } = response;
    throw new EnasTorchError(
      'ERR_DATA',
      `${url}: expected the file, the server answered ${`${status} ${statusText}`.trim()}; ` +
        'check the address, or name another with --url',
    );
  }

  const reader = response.body.getReader();
  const file = await open(path, answer.start > 0 ? 'a' : 'w');
  let done = answer.start;
  try {
    onProgress?.(done, answer.total);
    for (;;) {
      const { value } = await connected(signal, () => reader.read());
      if (value === undefined) break;
      await file.writeFile(value);
      done += value.length;
      onProgress?.(done, answer.total);
    }
  } finally {
    await file.close();
    await reader.cancel().catch(() => {});
  }
  if (answer.total !== null && done < answer.total) {
    throw new ConnectionLost(`it ended after ${done} of ${answer.total} bytes`);
  }
  return true;
}

/** Where an answer's body begins in the file, and the length of the whole file if it is known. */
type Answer = { readonly start: number; readonly total: number | null } | 'useless' | 'refused';

/** The answer to a request for the bytes from `held` on. */
function readAnswer(response: Response, held: number): Answer {
  if (response.status === 416) return 'useless';
  if (response.status !== 206) return readWhole(response);
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (range === null || Number(range[1]) !== held) return 'useless';
  return { start: held, total: range[2] === '*' ? null : Number(range[2]) };
}

/** The answer to a request for the whole file, or of a server that always sends the whole. */
function readWhole({ status, headers }: Response): Answer {
  if (status !== 200) return 'refused';
  const length = headers.get('content-length');
  return { start: 0, total: length === null ? null : Number(length) };
}

/** Runs what depends on the connection; its failures become {@link ConnectionLost}, an abort stays. */
async function connected<T>(signal: AbortSignal | undefined, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    signal?.throwIfAborted();
    const { message, cause } = error as Error;
    throw new ConnectionLost(cause instanceof Error ? cause.message || message : message, {
      cause: error,
    });
  }
}

function unreachable(url: string, error: Error): EnasTorchError {
  return new EnasTorchError(
    'ERR_DATA',
    `${url}: expected a connection that lasts, got: ${error.message}; check the network, then run ` +
      'the command again: it goes on where it stopped',
    { cause: error },
  );
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
