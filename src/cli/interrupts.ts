import { constants } from 'node:os';
import { AbortError } from '../errors/abortError.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Signals that ask a command to end: the first lets it end in good order, the second does not. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #onFirst: () => void;
  #exitCode = 0;
  readonly #handle = (name: NodeJS.Signals) => {
    this.#exitCode = 128 + constants.signals[name];
    if (this.#controller.signal.aborted) process.exit(this.#exitCode);
    this.#controller.abort(new AbortError('the run was interrupted'));
    this.#onFirst();
  };

  /** @param onFirst called at the first signal */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
    for (const name of signals) process.on(name, this.#handle);
  }

  /** Aborted at the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 130 after Ctrl-C, 143 after SIGTERM. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** Leaves signals to others again. */
  stop(): void {
    for (const name of signals) process.off(name, this.#handle);
  }
}
