import { RecordedSegments } from '../graph/segments/recordedSegments.ts';
import type { Clock } from '../learning/clock.ts';
import type { SegmentsRun, Warning } from '../run/events.ts';
import * as torch from '../torch/index.ts';
import { cudaRecorder, type Recorder } from '../torch/recorder.ts';
import type { Session } from './session.ts';

/** What recorded segments may keep of a device's memory. Those without gradients share most of theirs. */
const shares = { training: 0.4, evaluation: 0.1 };

/** Segments of a search's children as CUDA graphs; null where there are none, as on the CPU and for text. */
export function cudaSegments({ device, learner, config }: Session): RecordedSegments | null {
  if (device === 'cpu' || learner.unit !== 'images' || !torch.cuda.isCompiled()) return null;
  const { totalMemory } = torch.cuda.getDeviceProperties(device);
  return segmentsFor(config, cudaRecorder(device), totalMemory);
}

/** @param memory bytes of the device */
export function segmentsFor(
  { search: { omega, theta } }: Session['config'],
  recorder: Recorder,
  memory: number,
): RecordedSegments {
  return new RecordedSegments(recorder, {
    training: { batch: omega.batch, bytes: shares.training * memory },
    evaluation: { batch: theta.rewardBatch, bytes: shares.evaluation * memory },
  });
}

/**
 * Records the segments that have come often enough. Where one cannot be recorded all are given up, which is
 * said once: the search goes on without. Not in a scope.
 */
export function* recordDue(session: Session, clock: Clock): Generator<Warning> {
  const { segments, state } = session;
  if (segments === null) return;
  segments.recordDue();
  const { failure } = segments;
  if (failure === null) return;
  segments.dispose();
  session.segments = null;
  const { step, epoch } = state;
  const message = `steps are launched one operator at a time, because recording a segment failed: ${failure}`;
  yield clock.stamp({ type: 'warning', step, epoch, code: 'not-captured', message });
}

/** What became of the segments of the epoch under way and those before it; nothing where there are none. */
export function* segmentsRun(session: Session, clock: Clock): Generator<SegmentsRun> {
  const { segments, state } = session;
  if (segments === null) return;
  const { step, epoch } = state;
  yield clock.stamp({ type: 'segments', step, epoch, ...segments.counts });
}
