import type { RunEvent } from '../run/events.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Stamps events with the time. */
export class Clock {
  readonly #start = performance.now();

  /** Seconds since the clock was made. */
  get elapsed(): number {
    return (performance.now() - this.#start) / 1000;
  }

  stamp<E extends Without<RunEvent, 'time' | 'elapsed'>>(
    event: E,
  ): E & { time: string; elapsed: number } {
    const elapsed = Math.round(this.elapsed * 1000) / 1000;
    return { ...event, time: new Date().toISOString(), elapsed };
  }
}

/** Measures how many of something go by in a second. */
export class Rate {
  #since = performance.now();

  /** Notes that `count` more are done, and gives the rate since the last note. */
  lap(count: number): number {
    const now = performance.now();
    const perSecond = (1000 * count) / Math.max(now - this.#since, 1e-3);
    this.#since = now;
    return Math.round(perSecond * 100) / 100;
  }
}
