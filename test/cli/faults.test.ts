import { expect, test } from 'vitest';
import { killAndResume } from '../../scripts/faults/killResume.mjs';
import { temporaryFolder } from '../run/temporary.ts';

// The first two moments that this seed draws are in the middle of an epoch's steps, and in the writing of
// the next checkpoint.
const seed = 42;

test.each(['recurrent', 'train a cell'])(
  'killed twice and resumed, a run is to the bit what it is undisturbed: %s',
  async (name) => {
    const { kills, differing } = await killAndResume(name, {
      folder: temporaryFolder(),
      kills: 2,
      seed,
    });
    expect(kills).toHaveLength(2);
    expect([...differing]).toEqual([]);
  },
  240_000,
);
