/**
 * Centres for boxes side by side: as near as can be (least squares) to the centres wanted, in the order
 * given, with `gap` between one box and the next.
 */
export function spread(
  wanted: readonly number[],
  widths: readonly number[],
  gap: number,
): readonly number[] {
  // Less the room that the boxes before it take, centres need only not fall: an isotonic regression,
  // by pooling neighbours that are out of order.
  const room: number[] = [];
  widths.forEach((width, i) => {
    room.push(i === 0 ? 0 : room[i - 1]! + (widths[i - 1]! + width) / 2 + gap);
  });
  const pools: { sum: number; count: number }[] = [];
  const mean = ({ sum, count }: { sum: number; count: number }) => sum / count;
  wanted.forEach((centre, i) => {
    let pool = { sum: centre - room[i]!, count: 1 };
    while (pools.length > 0 && mean(pools.at(-1)!) > mean(pool)) {
      const last = pools.pop()!;
      pool = { sum: last.sum + pool.sum, count: last.count + pool.count };
    }
    pools.push(pool);
  });
  return pools.flatMap((pool) => Array(pool.count).fill(mean(pool))).map((at, i) => at + room[i]!);
}
