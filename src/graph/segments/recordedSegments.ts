import type { Recorder } from '../../torch/recorder.ts';
import { SegmentCache } from './cache.ts';
import type { SegmentCounts } from './counts.ts';
import type { EvaluationSegments } from './evaluate.ts';
import { type RecordedEvaluation, SharedInputs } from './evaluation.ts';
import type { RecordedSegment } from './recorded.ts';

/** Minibatches that are run by recordings, and what those may keep. */
export interface SegmentLimits {
  /** Examples in a minibatch. */
  readonly batch: number;
  readonly bytes: number;
}

/** Segments of networks over the same parameters: of their training, and of runs without gradients. */
export class RecordedSegments {
  readonly training: SegmentCache<RecordedSegment>;
  readonly evaluation: EvaluationSegments;

  constructor(
    recorder: Recorder,
    limits: { readonly training: SegmentLimits; readonly evaluation: SegmentLimits },
  ) {
    this.training = new SegmentCache({ recorder, ...limits.training });
    const cache = new SegmentCache<RecordedEvaluation>({ recorder, ...limits.evaluation });
    this.evaluation = { cache, inputs: new SharedInputs() };
  }

  /** Why nothing is recorded any more; null where all is well. */
  get failure(): string | null {
    return this.training.failure ?? this.evaluation.cache.failure;
  }

  get counts(): { readonly training: SegmentCounts; readonly evaluation: SegmentCounts } {
    return { training: this.training.counts, evaluation: this.evaluation.cache.counts };
  }

  /** Records what has come often enough, where there is room. Not in a scope. */
  recordDue(): void {
    this.training.recordDue();
    if (this.failure === null) this.evaluation.cache.recordDue();
  }

  dispose(): void {
    this.training.dispose();
    this.evaluation.cache.dispose();
    this.evaluation.inputs.dispose();
  }
}
