import type { GraphPool } from './nativeRuntime.ts';

/**
 * A pool of device memory for graphs. The allocator gives a pool up with the last graph that used it, and
 * refuses to take it up again, so the graph after that has a new one.
 */
export class SharedPool {
  readonly #create: () => GraphPool;
  #pool: GraphPool | null = null;
  #users = 0;

  constructor(create: () => GraphPool) {
    this.#create = create;
  }

  /** The pool, for one graph more. */
  take(): GraphPool {
    this.#pool ??= this.#create();
    this.#users++;
    return this.#pool;
  }

  /** Takes note that a graph that took it is gone. */
  release(): void {
    this.#users--;
    if (this.#users === 0) this.#pool = null;
  }
}
