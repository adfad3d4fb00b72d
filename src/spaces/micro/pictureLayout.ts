import type { Frame } from '../picture/shapes.ts';
import { spread } from '../picture/spread.ts';
import type { Block } from './arch.ts';
import { ordered } from './pictureOrder.ts';
import { type Item, type Link, rowsOf } from './pictureRows.ts';

/** An operator's box on a block's card. */
export interface ChipPlace {
  readonly side: 0 | 1;
  readonly frame: Frame;
}

export interface CardPlace {
  readonly name: string;
  readonly frame: Frame;
  /** From left to right. */
  readonly chips: readonly ChipPlace[];
  /** Centre of the circle in which both sides are added. */
  readonly sum: { readonly x: number; readonly y: number };
}

/** A line from one point down to another; it ends in an arrowhead where it enters something. */
export interface LinePlace {
  readonly source: string;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly arrow: boolean;
}

/** Where everything of one cell's picture stands, in pixels from its own upper left corner. */
export interface CellLayout {
  readonly width: number;
  readonly height: number;
  readonly inputs: readonly { readonly name: string; readonly frame: Frame }[];
  readonly cards: readonly CardPlace[];
  readonly output: Frame;
  readonly lines: readonly LinePlace[];
}

const chip = { width: 92, height: 28 };
const chipGap = 8;
const cardPad = 10;
export const sumRadius = 9;

const sizes = {
  input: { width: 128, height: 30 },
  block: { width: 2 * (chip.width + cardPad) + chipGap, height: chip.height + 2 * cardPad + 38 },
  lane: { width: 10, height: chip.height + 2 * cardPad + 38 },
  output: { width: 136, height: 30 },
} as const;
const columnGap = 22;
const rowGap = 46;
/** Distance of lines that enter the output side by side; so many fit on it. */
const outputPitch = 12;
/** Rounds in which every row moves towards what it is linked to. */
const rounds = 100;
/** How much more than other lines those between lanes pull, so that they are straight. */
const laneWeight = 8;

export function cellLayout(blocks: readonly Block[]): CellLayout {
  const { rows, links } = ordered(rowsOf(blocks));
  const place = new Map(rows.flatMap((items) => items.map((item, i) => [item, i] as const)));
  const flipped = flippedBlocks(rows, links, place);
  const ending = links
    .filter(({ to }) => to.kind === 'output')
    .sort((a, b) => place.get(a.from)! - place.get(b.from)!);
  const port = (link: Link) => {
    if (link.to.kind === 'output') {
      return outputPitch * (ending.indexOf(link) - (ending.length - 1) / 2);
    }
    if (link.side === undefined) return 0;
    return portOffset(flipped.has(link.to) ? 1 - link.side : link.side);
  };
  const centres = columns(rows, links, port);
  const frames = framesOf(rows, centres);
  const placed = (kind: Item['kind']) =>
    rows
      .flat()
      .filter((item) => item.kind === kind)
      .map((item) => ({ item, frame: frames.get(item)! }));

  const lanes = placed('lane').map(({ item, frame }): LinePlace => {
    const x = frame.x + frame.width / 2;
    const { y, height } = frame;
    return { source: item.name, x1: x, y1: y, x2: x, y2: y + height, arrow: false };
  });
  const lines = links.map((link): LinePlace => {
    const [from, to] = [frames.get(link.from)!, frames.get(link.to)!];
    const top = link.to.kind === 'block' ? to.y + cardPad : to.y;
    return {
      source: link.source,
      x1: from.x + from.width / 2,
      y1: leaving(link.from, from),
      x2: to.x + to.width / 2 + port(link),
      y2: top,
      arrow: link.to.kind !== 'lane',
    };
  });
  const all = [...frames.values()];
  return {
    width: Math.max(...all.map(({ x, width }) => x + width)),
    height: Math.max(...all.map(({ y, height }) => y + height)),
    inputs: placed('input').map(({ item, frame }) => ({ name: item.name, frame })),
    cards: placed('block').map(({ item, frame }) => card(item, frame, flipped.has(item))),
    output: placed('output')[0]!.frame,
    lines: [...lanes, ...lines],
  };
}

/** Lines leave a block from its sum. */
function leaving({ kind }: Item, { y, height }: Frame): number {
  return kind === 'block' ? y + height - cardPad : y + height;
}

/** Distance of a chip's middle from its card's; place 0 is on the left. */
function portOffset(place: number): number {
  return (place - 0.5) * (chip.width + chipGap);
}

/** Blocks that are drawn with side b on the left, because that is where it reads from. */
function flippedBlocks(
  rows: readonly (readonly Item[])[],
  links: readonly Link[],
  place: ReadonlyMap<Item, number>,
): ReadonlySet<Item> {
  const blocks = rows.flat().filter(({ kind }) => kind === 'block');
  const from = (block: Item, side: 0 | 1) =>
    place.get(links.find((link) => link.to === block && link.side === side)!.from)!;
  return new Set(blocks.filter((block) => from(block, 0) > from(block, 1)));
}

/** Middles of all items: in their order, apart, and as near as can be to what they are linked to. */
function columns(
  rows: readonly (readonly Item[])[],
  links: readonly Link[],
  port: (link: Link) => number,
): ReadonlyMap<Item, number> {
  const centres = new Map(rows.flat().map((item) => [item, 0]));
  for (let round = 0; round < rounds; round++) {
    for (const row of rows) {
      const wanted = row.map((item) => {
        let pull = 0;
        let weights = 0;
        for (const link of links) {
          if (link.to !== item && link.from !== item) continue;
          const lane = link.from.kind === 'lane' && link.to.kind === 'lane';
          const weight = lane ? laneWeight : 1;
          const offset = port(link);
          pull +=
            weight *
            (link.to === item ? centres.get(link.from)! - offset : centres.get(link.to)! + offset);
          weights += weight;
        }
        return pull / weights;
      });
      const widths = row.map(({ kind }) => sizes[kind].width);
      const spaced = spread(wanted, widths, columnGap);
      row.forEach((item, i) => {
        centres.set(item, spaced[i]!);
      });
    }
  }
  return centres;
}

function framesOf(
  rows: readonly (readonly Item[])[],
  centres: ReadonlyMap<Item, number>,
): ReadonlyMap<Item, Frame> {
  const edges = rows.flat().map((item) => centres.get(item)! - sizes[item.kind].width / 2);
  const left = Math.min(...edges);
  const frames = new Map<Item, Frame>();
  let y = 0;
  for (const row of rows) {
    for (const item of row) {
      const { width, height } = sizes[item.kind];
      frames.set(item, { x: centres.get(item)! - width / 2 - left, y, width, height });
    }
    y += sizes[row[0]!.kind].height + rowGap;
  }
  return frames;
}

function card({ name }: Item, frame: Frame, flipped: boolean): CardPlace {
  const middle = frame.x + frame.width / 2;
  const chips = ([0, 1] as const).map(
    (place): ChipPlace => ({
      side: (flipped ? 1 - place : place) as 0 | 1,
      frame: { x: middle + portOffset(place) - chip.width / 2, y: frame.y + cardPad, ...chip },
    }),
  );
  return {
    name,
    frame,
    chips,
    sum: { x: middle, y: frame.y + frame.height - cardPad - sumRadius },
  };
}
