import type { Progress } from './job.ts';

/** How much of some work is done; a total that is not known is null. */
export interface CountProgress {
  readonly done: number;
  readonly total: number | null;
}

/** Follows events that carry such counts. */
export class Counted<Event extends object> implements Progress<Event, CountProgress> {
  readonly #counts: (event: Event) => CountProgress | undefined;
  #value: CountProgress = { done: 0, total: null };

  /** @param counts what an event says of them, if it does */
  constructor(counts: (event: Event) => CountProgress | undefined) {
    this.#counts = counts;
  }

  update(event: Event): void {
    const counts = this.#counts(event);
    if (counts !== undefined) this.#value = { done: counts.done, total: counts.total };
  }

  get value(): CountProgress {
    return this.#value;
  }
}
