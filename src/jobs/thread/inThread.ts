import { SHARE_ENV, Worker as Thread } from 'node:worker_threads';
import { AbortError } from '../../errors/abortError.ts';
import { EnasTorchError } from '../../errors/error.ts';
import type { Worker } from '../job.ts';
import type { Order, Report, Start } from './messages.ts';
import { received } from './sentError.ts';

export interface ThreadOptions {
  /** MiB that the thread's JavaScript heap may grow to; by default Node's own limit. Tensors are not in it. */
  readonly heapMb?: number | undefined;
  /** Given the thread's number, where it ended without cleaning up behind it. */
  readonly onCrash?: (threadId: number) => void;
  /** The program of the thread. */
  readonly entry?: URL;
}

/**
 * Does work in a thread of its own, so that this one stays free. What ends the thread, an error nobody
 * caught or its heap used up, ends the work with an error and not the process.
 */
export function inThread<Event, Result>(
  start: Start,
  { heapMb, onCrash, entry = new URL('./entry.js', import.meta.url) }: ThreadOptions = {},
): Worker<Event, Result> {
  return async (emit, signal) => {
    if (signal.aborted) throw new AbortError('stopped before it began', { cause: signal.reason });
    // What the addon sets for OpenMP must reach the process's own environment.
    const thread = new Thread(entry, {
      workerData: start,
      env: SHARE_ENV,
      execArgv: [],
      ...(heapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    const { threadId } = thread;
    const order = (message: Order) => thread.postMessage(message);
    const abort = () => order({ type: 'abort' });
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await ended<Event, Result>(thread, emit, order);
    } catch (error) {
      if (error instanceof Crash) {
        onCrash?.(threadId);
        throw error.asError(start.work);
      }
      throw error instanceof AbortError
        ? new AbortError(error.message, { cause: signal.reason })
        : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}

/** Resolves or throws when the thread has ended: only then has it let go of its files. */
function ended<Event, Result>(
  thread: Thread,
  emit: (event: Event) => Promise<void>,
  order: (message: Order) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let settle: (() => void) | undefined;
    const take = async (event: Event) => {
      await emit(event);
      order({ type: 'taken', count: 1 });
    };
    thread.on('message', (message: Report) => {
      if (message.type === 'event') void take(message.event as Event);
      else if (message.type === 'result') settle = () => resolve(message.result as Result);
      else settle = () => reject(received(message.error));
    });
    thread.on('error', (error) => {
      settle = () => reject(new Crash(error));
    });
    thread.on('exit', (code) => (settle ?? (() => reject(new Crash(code))))());
  });
}

/** A thread that ended without a word of its own. */
class Crash extends Error {
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super('crashed');
    this.cause = cause;
  }

  asError(work: string): EnasTorchError {
    const { cause } = this;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      const message = `${work}: its thread has used up its JavaScript heap`;
      return new EnasTorchError('ERR_OUT_OF_MEMORY', message, { cause });
    }
    const reason = cause instanceof Error ? cause.message : `exit code ${String(cause)}`;
    return new EnasTorchError('ERR_THREAD', `${work}: its thread ended by itself (${reason})`, {
      cause,
    });
  }
}
