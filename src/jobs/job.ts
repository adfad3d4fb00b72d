import { checkInteger, unexpected } from '../errors/check.ts';
import { EventStream } from './eventStream.ts';

/** What does the work of a job: gives its events as they happen and comes to its result. */
export type Worker<Event, Result> = (
  emit: (event: Event) => Promise<void>,
  signal: AbortSignal,
) => Promise<Result>;

/** What is known of work under way, brought up to date by its events. */
export interface Progress<Event, Value> {
  update(event: Event): void;
  readonly value: Value;
}

export interface JobOptions {
  /** Aborting it stops the work as {@link Job.abort} does. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the work is done in this thread rather than in one of its own. Then everything else in the
   * thread waits for each of its steps: an HTTP server would answer once a step. Default false.
   */
  readonly inProcess?: boolean;
  /** MiB that the heap of a thread of its own may grow to; by default Node's limit. Tensors are not in it. */
  readonly heapMb?: number;
}

/** The keys of {@link JobOptions}. */
export const jobKeys = ['signal', 'inProcess', 'heapMb'] as const;

/** @throws EnasTorchError ERR_ARGUMENT when one is not of its type */
export function checkJobOptions(where: string, { signal, inProcess, heapMb }: JobOptions): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw unexpected(`${where}: signal`, 'an AbortSignal', signal);
  }
  if (inProcess !== undefined && typeof inProcess !== 'boolean') {
    throw unexpected(`${where}: inProcess`, 'true or false', inProcess);
  }
  if (heapMb !== undefined) checkInteger(`${where}: heapMb`, heapMb, 1);
}

/**
 * Work under way: begun when it is made, whether anybody watches or not. Iterating gives its events
 * from then on; leaving the loop does not stop the work, and a reader that is far behind is waited for.
 */
export class Job<Event, Result, Value> implements AsyncIterable<Event> {
  readonly #stream = new EventStream<Event>();
  readonly #controller = new AbortController();
  readonly #progress: Progress<Event, Value>;
  readonly #result: Promise<Result>;

  constructor(work: Worker<Event, Result>, progress: Progress<Event, Value>, signal?: AbortSignal) {
    this.#progress = progress;
    const either = AbortSignal.any([this.#controller.signal, ...(signal ? [signal] : [])]);
    either.addEventListener('abort', () => this.#stream.hurry(), { once: true });
    this.#result = this.#run(work, either);
    // Whoever only iterates hears of a failure there.
    this.#result.catch(() => {});
  }

  /** Where the work stands now. */
  get progress(): Value {
    return this.#progress.value;
  }

  /**
   * What the work comes to.
   * @throws AbortError when it was aborted; the work's own error when it failed
   */
  result(): Promise<Result> {
    return this.#result;
  }

  /** Stops the work as soon as it can be stopped without losing anything. */
  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.asyncIterator](): AsyncIterator<Event, void, undefined> {
    return this.#stream.read();
  }

  async #run(work: Worker<Event, Result>, signal: AbortSignal): Promise<Result> {
    // After the constructor, so that who iterates at once misses nothing.
    await Promise.resolve();
    const emit = async (event: Event) => {
      this.#progress.update(event);
      await this.#stream.emit(event);
    };
    try {
      const result = await work(emit, signal);
      this.#stream.end();
      return result;
    } catch (error) {
      this.#stream.end({ error });
      throw error;
    }
  }
}
