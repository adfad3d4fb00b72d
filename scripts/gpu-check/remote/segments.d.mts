import type { SegmentCounts } from '../../../src/graph/segments/counts.ts';
import type { SegmentsRun } from '../../../src/run/events.ts';

export interface SegmentFigures extends SegmentCounts {
  readonly hitRate: number | null;
  readonly hitRateByEpoch: readonly (number | null)[];
}

export function segmentFigures(
  events: readonly Pick<SegmentsRun, 'training' | 'evaluation'>[],
): { readonly training: SegmentFigures; readonly evaluation: SegmentFigures } | null;
