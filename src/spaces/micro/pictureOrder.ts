import type { Item, Link, Rows } from './pictureRows.ts';

const sweeps = 8;

/**
 * The same rows with the items of each in an order that makes few lines cross: each row in turn is
 * sorted by the mean place of what its items are linked to, downwards and upwards, and of all the
 * orders met the one with the fewest crossings is kept (the barycentre method of layered drawing).
 */
export function ordered({ rows, links }: Rows): Rows {
  let current = rows;
  let best = rows;
  let fewest = crossings(rows, links);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    current = swept(current, links, sweep % 2 === 0 ? 'down' : 'up');
    const count = crossings(current, links);
    if (count < fewest) [best, fewest] = [current, count];
  }
  return { rows: best, links };
}

function swept(
  rows: Rows['rows'],
  links: readonly Link[],
  direction: 'down' | 'up',
): readonly (readonly Item[])[] {
  const result = rows.map((row) => [...row]);
  // The inputs stay in their order: the cell before last is always on the left.
  const below = result.map((_, row) => row).slice(1);
  for (const row of direction === 'down' ? below : below.reverse()) {
    const places = new Map(result.flatMap((items) => items.map((item, i) => [item, i] as const)));
    const mean = (item: Item) => {
      const linked =
        direction === 'down'
          ? links.filter(({ to }) => to === item).map(({ from }) => places.get(from)!)
          : links.filter(({ from }) => from === item).map(({ to }) => places.get(to)!);
      return linked.length === 0
        ? places.get(item)!
        : linked.reduce((a, b) => a + b, 0) / linked.length;
    };
    const keyed = result[row]!.map((item) => ({ item, key: mean(item) }));
    result[row] = keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
  }
  return result;
}

/** Pairs of lines between the same two rows that cross. */
function crossings(rows: Rows['rows'], links: readonly Link[]): number {
  const place = new Map(
    rows.flatMap((items, row) => items.map((item, i) => [item, { row, i }] as const)),
  );
  const ends = links.map(({ from, to }) => {
    const start = place.get(from)!;
    return { row: start.row, from: start.i, to: place.get(to)!.i };
  });
  let count = 0;
  ends.forEach((a, i) => {
    for (const b of ends.slice(i + 1)) {
      if (a.row === b.row && (a.from - b.from) * (a.to - b.to) < 0) count++;
    }
  });
  return count;
}
