/** Events that a reader may be behind by before the work waits for it. */
const mostUnread = 256;

interface Reader<Event> {
  readonly unread: Event[];
  /** Called when there is something to read, or nothing more to come. */
  wake: () => void;
}

/**
 * Events for any number of readers, each from when it begins to read. Nothing is kept for those who
 * come later, and the work waits for the slowest, so that a stream takes no more memory in days than in
 * minutes.
 */
export class EventStream<Event> {
  readonly #readers = new Set<Reader<Event>>();
  readonly #waiting: (() => void)[] = [];
  #ended: { readonly error?: unknown } | undefined;
  #waits = true;

  /** Gives an event to all readers; resolves when none is far behind. */
  async emit(event: Event): Promise<void> {
    for (const reader of this.#readers) {
      reader.unread.push(event);
      reader.wake();
    }
    while (this.#isBehind()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the readers once they have read everything, by throwing if an error is given. */
  end(ended: { readonly error?: unknown } = {}): void {
    this.#ended = ended;
    for (const { wake } of this.#readers) wake();
  }

  /** From now on nobody is waited for: work that is to stop must not hang on who has stopped reading. */
  hurry(): void {
    this.#waits = false;
    this.#goOn();
  }

  /** Leaving the loop ends the reading and nothing else. */
  async *read(): AsyncGenerator<Event, void, undefined> {
    const reader: Reader<Event> = { unread: [], wake: () => {} };
    this.#readers.add(reader);
    try {
      for (;;) {
        while (reader.unread.length > 0) {
          yield reader.unread.shift()!;
          this.#goOn();
        }
        if (this.#ended !== undefined) break;
        await new Promise<void>((resolve) => {
          reader.wake = resolve;
        });
      }
    } finally {
      this.#readers.delete(reader);
      this.#goOn();
    }
    if ('error' in this.#ended) throw this.#ended.error;
  }

  #isBehind(): boolean {
    return this.#waits && [...this.#readers].some(({ unread }) => unread.length >= mostUnread);
  }

  #goOn(): void {
    if (this.#isBehind()) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
