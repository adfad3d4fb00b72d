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

/** A rate to two decimals. */
export function perSecond(count: number, seconds: number): number {
  return Math.round((100 * count) / Math.max(seconds, 1e-6)) / 100;
}

/** Measures how many of something go by in a second. */
export class Rate {
  #since = performance.now();

  /** Notes that `count` more are done: how long they took, and the rate. */
  lap(count: number): { perSecond: number; seconds: number } {
    const now = performance.now();
    const seconds = (now - this.#since) / 1000;
    this.#since = now;
    return { perSecond: perSecond(count, seconds), seconds };
  }
}
