import type { Decision } from '../spaces/space.ts';
import type { CustomSpace } from './defineSpace.ts';
import type { SpaceSettings } from './settings.ts';

/** Architectures that a search scores: all of a space at most, where none is scored twice. */
export function samplesOf(
  { decisions }: CustomSpace<unknown>,
  { samples, remember }: SpaceSettings,
): number {
  return remember ? Math.min(samples, sizeOf(decisions)) : samples;
}

/** How many outcomes decisions have; past 2^53 about so many. */
function sizeOf(decisions: readonly Decision[]): number {
  return decisions.reduce((size, decision) => {
    if (decision.kind === 'op') return size * decision.options.length;
    const { length } = decision.among;
    return size * (decision.kind === 'skips' ? 2 ** length : length);
  }, 1);
}
