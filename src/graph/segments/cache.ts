import { checkInteger } from '../../errors/check.ts';
import type { Recorder } from '../../torch/recorder.ts';
import type { SegmentCounts } from './counts.ts';

/** A recording of a segment. */
export interface KeptRecording {
  /** Whether it cannot run again yet, because what the last run left is still to be read. */
  readonly waits: boolean;
  dispose(): void;
}

/** How a segment is to be recorded. */
export interface PlannedRecording<R extends KeptRecording> {
  /** About what the recording will keep. */
  readonly bytes: number;
  /** @throws what recording throws */
  readonly record: (recorder: Recorder) => R;
}

export interface SegmentCacheOptions {
  readonly recorder: Recorder;
  /** Examples in the minibatches that are run by recordings; those of another number are run as ever. */
  readonly batch: number;
  /** What all recordings together may keep: nothing is recorded beyond, but what is may turn out larger. */
  readonly bytes: number;
  /** How many segments at most are kept. */
  readonly segments?: number;
  /** Runs of networks after which a segment that none of them had may make room for another. */
  readonly idle?: number;
}

/** Times that a segment runs as ever before it is recorded: what is done once is done by then. */
export const warmUps = 2;

/** Segments whose runs are counted: beyond, so few come again that there is nothing to gain. */
const mostCounted = 20_000;

interface Kept<R> {
  readonly recorded: R;
  readonly bytes: number;
  lastUsed: number;
}

/**
 * The segments of many networks over the same parameters, those that came again as recordings. They
 * are recorded between steps, in {@link recordDue}. Where one cannot be, all are given up.
 */
export class SegmentCache<R extends KeptRecording> {
  readonly recorder: Recorder;
  readonly batch: number;
  readonly #limits: { readonly bytes: number; readonly segments: number; readonly idle: number };
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept<R>>();
  readonly #runs = new Map<string, number>();
  readonly #due = new Map<string, PlannedRecording<R>>();
  readonly #counts = { replayed: 0, interpreted: 0, recorded: 0 };
  #passes = 0;
  #bytes = 0;
  #failure: string | null = null;

  constructor(options: SegmentCacheOptions) {
    const { recorder, batch, bytes, segments = 1024, idle = 2000 } = options;
    this.recorder = recorder;
    this.batch = checkInteger('SegmentCache: batch', batch, 1);
    this.#limits = { bytes, segments, idle };
  }

  /** Why nothing is recorded any more; null where all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  get counts(): SegmentCounts {
    return { ...this.#counts, kept: this.#kept.size, bytes: this.#bytes };
  }

  /** Takes note that a network begins to run. */
  beginPass(): void {
    this.#passes++;
  }

  /** The recording of a key, for a run of it; undefined where the segment has to run as ever. */
  take(key: string): R | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.recorded.waits) {
      this.#counts.interpreted++;
      return undefined;
    }
    this.#counts.replayed++;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    kept.lastUsed = this.#passes;
    return kept.recorded;
  }

  /** Whether a segment is to run where recordings are made. */
  isWarmingUp(key: string): boolean {
    const runs = this.#runs.get(key) ?? (this.#runs.size < mostCounted ? 0 : warmUps);
    return this.#failure === null && runs < warmUps;
  }

  /** Takes note that a segment has run as ever. */
  ran(key: string, plan: () => PlannedRecording<R>): void {
    if (this.#failure !== null || this.#kept.has(key)) return;
    const runs = (this.#runs.get(key) ?? 0) + 1;
    if (runs > 1 || this.#runs.size < mostCounted) this.#runs.set(key, Math.min(runs, warmUps));
    if (runs >= warmUps) this.#due.set(key, plan());
  }

  /** Records what has come often enough, where there is room. Not in a scope. */
  recordDue(): void {
    for (const [key, plan] of this.#due) {
      if (!this.#makeRoom(plan.bytes)) continue;
      try {
        const before = this.recorder.heldBytes();
        const recorded = plan.record(this.recorder);
        const bytes = Math.max(plan.bytes, this.recorder.heldBytes() - before);
        this.#kept.set(key, { recorded, bytes, lastUsed: this.#passes });
        this.#bytes += bytes;
        this.#counts.recorded++;
      } catch (error) {
        this.#failure = (error as Error).message;
        this.dispose();
        break;
      }
    }
    this.#due.clear();
  }

  dispose(): void {
    for (const key of [...this.#kept.keys()]) this.#drop(key);
    this.#runs.clear();
  }

  #makeRoom(bytes: number): boolean {
    const { bytes: most, segments, idle } = this.#limits;
    for (const [key, { lastUsed }] of this.#kept) {
      if (this.#bytes + bytes <= most && this.#kept.size < segments) break;
      // They stand in the order of their last use.
      if (this.#passes - lastUsed < idle) break;
      this.#drop(key);
    }
    return this.#bytes + bytes <= most && this.#kept.size < segments;
  }

  #drop(key: string): void {
    const { recorded, bytes } = this.#kept.get(key)!;
    recorded.dispose();
    this.#kept.delete(key);
    this.#bytes -= bytes;
  }
}
