import type { Block } from './arch.ts';
import { looseEnds } from './looseEnds.ts';
import { blockName, cellInputs } from './nodes.ts';

/** What stands in a row of a cell's picture. */
export interface Item {
  /** A node's name, or `output`; of a lane, the name of the node whose lines it lets through. */
  readonly name: string;
  readonly kind: 'input' | 'block' | 'lane' | 'output';
}

/** A line from an item to one in the next row. */
export interface Link {
  readonly from: Item;
  readonly to: Item;
  /** Name of the node it comes from, through lanes perhaps. */
  readonly source: string;
  /** Which side of a block it enters. */
  readonly side?: 0 | 1;
}

export interface Rows {
  readonly rows: readonly (readonly Item[])[];
  readonly links: readonly Link[];
}

/**
 * A cell in rows, inputs uppermost, each block in the row after the last of the nodes it reads, the
 * output in the last. A node that is read further down has a lane through each row in between, so that
 * no line passes behind a block.
 */
export function rowsOf(blocks: readonly Block[]): Rows {
  const depth = new Map<string, number>(cellInputs.map((name) => [name, 0]));
  blocks.forEach(({ inputs }, b) => {
    depth.set(blockName(b), 1 + Math.max(...inputs.map((name) => depth.get(name)!)));
  });
  const outputRow = 1 + Math.max(...depth.values());

  const rows: Item[][] = Array.from({ length: outputRow + 1 }, () => []);
  const links: Link[] = [];
  const output: Item = { name: 'output', kind: 'output' };
  const items = new Map<string, Item>();
  for (const [name, row] of depth) {
    const item: Item = { name, kind: row === 0 ? 'input' : 'block' };
    items.set(name, item);
    rows[row]!.push(item);
  }
  rows[outputRow]!.push(output);

  for (const [source, row] of depth) {
    const readers = readersOf(source, blocks, items, output);
    const rowOf = (item: Item) => depth.get(item.name) ?? outputRow;
    const last = Math.max(...readers.map(({ to }) => rowOf(to)));
    let from = items.get(source)!;
    for (let below = row + 1; below <= last; below++) {
      for (const reader of readers) {
        if (rowOf(reader.to) === below) links.push({ ...reader, from, source });
      }
      if (below === last) break;
      const lane: Item = { name: source, kind: 'lane' };
      rows[below]!.push(lane);
      links.push({ from, to: lane, source });
      from = lane;
    }
  }
  return { rows, links };
}

function readersOf(
  source: string,
  blocks: readonly Block[],
  items: ReadonlyMap<string, Item>,
  output: Item,
): Pick<Link, 'to' | 'side'>[] {
  if (looseEnds(blocks).includes(source)) return [{ to: output }];
  return blocks.flatMap(({ inputs }, b) =>
    ([0, 1] as const)
      .filter((side) => inputs[side] === source)
      .map((side) => ({ to: items.get(blockName(b))!, side })),
  );
}
