/**
 * What a search's `segments` events come to: the last one's counts, with the share of the segments' runs that
 * were replays, over all and of each epoch. Null where there is none, as on the CPU.
 */
export function segmentFigures(events) {
  if (events.length === 0) return null;
  const figures = {};
  for (const kind of ['training', 'evaluation']) {
    const counts = events.map((event) => event[kind]);
    figures[kind] = {
      ...counts.at(-1),
      hitRate: hitRate(counts.at(-1)),
      hitRateByEpoch: counts.map((now, i) => hitRate(now, counts[i - 1])),
    };
  }
  return figures;
}

/** Null where no segment was run since `before`. */
function hitRate(now, before = { replayed: 0, interpreted: 0 }) {
  const replayed = now.replayed - before.replayed;
  const all = replayed + now.interpreted - before.interpreted;
  return all === 0 ? null : replayed / all;
}
