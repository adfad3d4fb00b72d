import { describe, expect, it } from 'vitest';
import { segmentFigures } from '../../scripts/gpu-check/remote/segments.mjs';

const none = { replayed: 0, interpreted: 0, recorded: 0, kept: 0, bytes: 0 };

describe('the figures of segments in a check on a GPU', () => {
  it('are the last counts, and the share of replays over all and of each epoch', () => {
    const first = { replayed: 60, interpreted: 40, recorded: 10, kept: 10, bytes: 1000 };
    const second = { replayed: 150, interpreted: 50, recorded: 12, kept: 11, bytes: 1100 };
    const events = [first, second].map((training) => ({
      type: 'segments',
      training,
      evaluation: none,
    }));
    expect(segmentFigures(events)).toEqual({
      training: { ...second, hitRate: 0.75, hitRateByEpoch: [0.6, 0.9] },
      evaluation: { ...none, hitRate: null, hitRateByEpoch: [null, null] },
    });
  });

  it('are null where nothing was captured', () => {
    expect(segmentFigures([])).toBeNull();
  });
});
