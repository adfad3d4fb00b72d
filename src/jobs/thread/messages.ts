import type { SentError } from './sentError.ts';

/** What a thread is begun with. */
export interface Start {
  /** Which work, by its name in `entry.ts`. */
  readonly work: string;
  readonly args: unknown;
}

/** To the thread. */
export type Order =
  | { readonly type: 'abort' }
  /** So many more events were taken. */
  | { readonly type: 'taken'; readonly count: number };

/** From the thread. */
export type Report =
  | { readonly type: 'event'; readonly event: unknown }
  | { readonly type: 'result'; readonly result: unknown }
  | { readonly type: 'failed'; readonly error: SentError };
