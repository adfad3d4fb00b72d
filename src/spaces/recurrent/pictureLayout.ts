import type { Frame } from '../picture/shapes.ts';
import { laterNodes, type RecurrentArch } from './arch.ts';
import { nodeName } from './nodes.ts';

/** A curve from a point down to another. */
export interface Edge {
  readonly source: string;
  readonly target: string;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** A line along right angles, by its corners. */
export type Route = readonly (readonly [x: number, y: number])[];

/** Where everything of a cell's picture stands, in pixels from its own upper left corner. */
export interface CellLayout {
  readonly width: number;
  readonly height: number;
  /** What node 1 reads. */
  readonly inputs: { readonly x: Frame; readonly h: Frame };
  readonly nodes: readonly { readonly name: string; readonly frame: Frame }[];
  readonly edges: readonly Edge[];
  /** From each node that no other reads straight down to the mean. */
  readonly drops: readonly Edge[];
  readonly mean: Frame;
  /** From the mean down to what reads the cell. */
  readonly output: Edge;
  /** From what the next time step reads round to h of the last time step. */
  readonly recurrence: Route;
}

const box = { width: 84, height: 30 };
const column = box.width + 26;
const row = box.height + 36;
const inputGap = 22;
const meanWidth = 150;
const outputLength = 34;
/** From the rightmost box to the line of the recurrence. */
const laneGap = 30;

/**
 * The tree of nodes in rows by depth. Each node that no other reads has a column to itself, in which
 * its line goes down to the mean; a node that others read stands in the middle over them. The last
 * node is the rightmost, so that the recurrence crosses nothing.
 */
export function cellLayout(arch: RecurrentArch, recurrentInput: 'lastNode' | 'output'): CellLayout {
  const { places, columns, depth } = treePlaces(arch);
  const last = nodeName(arch.nodes.length);
  // Few columns are narrower than the two inputs, or than the mean.
  const least = Math.max(2 * box.width + inputGap, meanWidth);
  const span = (columns - 1) * column + box.width;
  const left = Math.max(0, (least - span) / 2) + 20;
  const frames = new Map(
    [...places].map(([name, { across, down }]): [string, Frame] => [
      name,
      { x: left + across * column, y: (down + 1) * row, ...box },
    ]),
  );
  const first = frames.get(nodeName(1))!;
  const side = (box.width + inputGap) / 2;
  const inputs = {
    x: { ...first, x: first.x - side, y: 0 },
    h: { ...first, x: first.x + side, y: 0 },
  };

  const meanTop = (depth + 2) * row;
  const middle = left + span / 2;
  const wide = Math.max(meanWidth, span);
  const mean = { x: middle - wide / 2, y: meanTop, width: wide, height: box.height };
  const entering = [
    edge('x', nodeName(1), inputs.x, first, -12),
    edge('h', nodeName(1), inputs.h, first, 12),
  ];
  const inner = laterNodes(arch).map(({ from }, i) =>
    edge(from, nodeName(i + 2), frames.get(from)!, frames.get(nodeName(i + 2))!),
  );
  const drops = [...places]
    .filter(([, { leaf }]) => leaf)
    .map(([name]): Edge => {
      const { x1, y1 } = edge(name, 'mean', frames.get(name)!, mean);
      return { source: name, target: 'mean', x1, y1, x2: x1, y2: meanTop };
    });

  const from = recurrentInput === 'output' ? mean : frames.get(last)!;
  const right = Math.max(mean.x + mean.width, inputs.h.x + box.width) + laneGap;
  const bottom = meanTop + box.height;
  return {
    width: right + 20,
    height: bottom + outputLength,
    inputs,
    nodes: [...frames].map(([name, frame]) => ({ name, frame })),
    edges: [...entering, ...inner],
    drops,
    mean,
    output: {
      source: 'mean',
      target: 'output',
      x1: middle,
      y1: bottom,
      x2: middle,
      y2: bottom + outputLength,
    },
    recurrence: [
      [from.x + from.width, from.y + from.height / 2],
      [right, from.y + from.height / 2],
      [right, box.height / 2],
      [inputs.h.x + inputs.h.width, box.height / 2],
    ],
  };
}

/** From the middle below a box to above another, `offset` from its middle. */
function edge(source: string, target: string, from: Frame, to: Frame, offset = 0): Edge {
  return {
    source,
    target,
    x1: from.x + from.width / 2,
    y1: from.y + from.height,
    x2: to.x + to.width / 2 + offset,
    y2: to.y,
  };
}

interface Place {
  /** In columns; halves where a node stands between others. */
  readonly across: number;
  readonly down: number;
  readonly leaf: boolean;
}

function treePlaces(arch: RecurrentArch): {
  readonly places: ReadonlyMap<string, Place>;
  readonly columns: number;
  readonly depth: number;
} {
  const later = laterNodes(arch);
  const onPath = pathToLast(arch);
  const places = new Map<string, Place>();
  let columns = 0;
  const place = (name: string, down: number): number => {
    const readers = later
      .flatMap(({ from }, i) => (from === name ? [nodeName(i + 2)] : []))
      .sort((a, b) => Number(onPath.has(a)) - Number(onPath.has(b)));
    const below = readers.map((reader) => place(reader, down + 1));
    const leaf = below.length === 0;
    const across = leaf ? columns++ : (below[0]! + below.at(-1)!) / 2;
    places.set(name, { across, down, leaf });
    return across;
  };
  place(nodeName(1), 0);
  return { places, columns, depth: Math.max(...[...places.values()].map(({ down }) => down)) };
}

/** The last node and those that it depends on. */
function pathToLast(arch: RecurrentArch): ReadonlySet<string> {
  const from = new Map(laterNodes(arch).map((node, i) => [nodeName(i + 2), node.from]));
  const path = new Set<string>();
  let name: string | undefined = nodeName(arch.nodes.length);
  while (name !== undefined) {
    path.add(name);
    name = from.get(name);
  }
  return path;
}
