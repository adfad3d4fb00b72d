import type { Draw } from '../../random/streams.ts';

/** Time steps of a column that are learned from at once. */
export interface Piece {
  /** The first step. */
  readonly start: number;
  readonly length: number;
}

/** Fewer are not worth a step: the last piece of a column may be left out for this. */
const shortest = 2;

/**
 * Cuts the steps of a column into consecutive pieces: of `bptt` steps each or, where draws are
 * given, of lengths drawn round it (Merity et al. 2018, section 5): bptt with probability 0.95, else
 * bptt/2, plus normal noise of standard deviation 5, and at least 5. The last piece is what is left,
 * if that is at least 2 steps.
 */
export function cutIntoPieces(steps: number, bptt: number, draw?: Draw): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; steps - start >= shortest; start += pieces.at(-1)!.length) {
    const length = draw === undefined ? bptt : drawnLength(bptt, draw);
    pieces.push({ start, length: Math.min(length, steps - start) });
  }
  return pieces;
}

function drawnLength(bptt: number, draw: Draw): number {
  const mean = draw.uniform() < 0.95 ? bptt : bptt / 2;
  return Math.max(5, Math.round(mean + 5 * draw.normal()));
}
