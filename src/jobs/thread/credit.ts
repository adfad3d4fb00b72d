/** Events under way to the other thread before the work waits for some to be taken. */
const mostUnderWay = 256;

/** Keeps a thread from sending faster than what it sends is taken. */
export class Credit {
  #left = mostUnderWay;
  #wake = () => {};

  spend(): void {
    this.#left--;
  }

  give(count: number): void {
    this.#left += count;
    if (this.#left > 0) this.#wake();
  }

  /** Resolves when something may be sent. */
  async available(): Promise<void> {
    while (this.#left <= 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
