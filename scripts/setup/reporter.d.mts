import type { Writable } from 'node:stream';

export interface Reporter {
  line(text: string): void;
  progress(text: string): void;
  quote(text: string): void;
}

export function createReporter(options?: {
  stream?: Writable & { isTTY?: boolean; columns?: number };
  env?: NodeJS.ProcessEnv;
}): Reporter;
export function megabytes(done: number, total?: number | null): string;
