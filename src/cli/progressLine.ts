import { type Output, write } from '../report/output.ts';
import type { Host } from './host.ts';

/** Milliseconds between two states of the line. */
const interval = 100;

/**
 * How far a piece of work is, on standard error: one line that is rewritten on a terminal, a line for
 * every tenth elsewhere.
 */
export class ProgressLine {
  readonly #output: Output;
  readonly #live: boolean;
  #last = Number.NEGATIVE_INFINITY;
  #tenth = -1;
  #shown = false;

  constructor({ stderr, env }: Pick<Host, 'stderr' | 'env'>) {
    this.#output = stderr;
    this.#live = stderr.isTTY === true && env.TERM !== 'dumb';
  }

  /** @param share of the work that is done, 0 to 1; null where it is not known */
  show(share: number | null, text: string): void {
    if (this.#live) this.#rewrite(share, text);
    else this.#tell(share, text);
  }

  #rewrite(share: number | null, text: string): void {
    const now = performance.now();
    if (share !== 1 && now - this.#last < interval) return;
    this.#last = now;
    this.#shown = true;
    const line = text.slice(0, (this.#output.columns ?? 80) - 1);
    this.#output.write(`\r${line}\x1b[K`);
  }

  #tell(share: number | null, text: string): void {
    const tenth = Math.floor(10 * (share ?? 0));
    if (tenth <= this.#tenth) return;
    this.#tenth = tenth;
    this.#output.write(`${text}\n`);
  }

  /** Leaves the last state on a line of its own. */
  async end(): Promise<void> {
    if (!this.#shown) return;
    this.#shown = false;
    await write(this.#output, '\n');
  }
}
