import type { Frame } from '../picture/shapes.ts';
import type { MacroArch } from './arch.ts';
import { reductionsAfter } from './reduction.ts';

/** One box of the column: `stem`, `layer0`… or `head`. */
export interface Row {
  readonly name: string;
  readonly frame: Frame;
}

export interface ArcPlace {
  readonly source: string;
  readonly target: string;
  readonly from: number;
  readonly to: number;
  readonly reach: number;
}

/** Where everything of a macro picture stands, in pixels. */
export interface Layout {
  readonly width: number;
  /** Up to below the last panel. */
  readonly height: number;
  readonly margin: number;
  /** Middle and right edge of the column of boxes. */
  readonly centre: number;
  readonly right: number;
  readonly rows: readonly Row[];
  /** Where captions to the left of a box end. */
  readonly captionEnd: number;
  /** Grounds of the three resolutions. */
  readonly panels: readonly Frame[];
  /** Funnels between the panels. */
  readonly reductions: readonly Frame[];
  readonly chain: readonly { readonly from: number; readonly to: number }[];
  readonly arcs: readonly ArcPlace[];
}

const margin = 28;
const top = 84;
const boxSize = { width: 148, height: 30 };
const left = margin + 84;
const pitch = 46;
const panelPad = 16;
const panelHeader = 36;
const panelGap = 46;
const funnelSize = { width: 84, height: 18 };

export function layout(arch: MacroArch): Layout {
  const rows: Row[] = [];
  const panels: Frame[] = [];
  const reductions: Frame[] = [];
  const stages = stagesOf(arch.layers.length);
  const longest = Math.max(0, ...spans(arch));
  const width = Math.max(560, Math.ceil(left + boxSize.width + reachOf(longest) + margin + 36));

  let y = top;
  stages.forEach((names, stage) => {
    const panelTop = y;
    y += panelHeader;
    for (const name of names) {
      rows.push({ name, frame: { x: left, y, ...boxSize } });
      y += pitch;
    }
    y += panelPad - (pitch - boxSize.height);
    const frame = { x: margin, y: panelTop, width: width - 2 * margin, height: y - panelTop };
    panels.push(frame);
    if (stage < stages.length - 1) reductions.push(funnelAt(y));
    y += panelGap;
  });

  return {
    width,
    height: y - panelGap + 20,
    margin,
    centre: left + boxSize.width / 2,
    right: left + boxSize.width,
    captionEnd: left - 14,
    rows,
    panels,
    reductions,
    chain: chainOf([...rows.map(({ frame }) => frame), ...reductions]),
    arcs: arcsOf(arch, new Map(rows.map(({ name, frame }) => [name, frame]))),
  };
}

function funnelAt(gapTop: number): Frame {
  const x = left + (boxSize.width - funnelSize.width) / 2;
  return { x, y: gapTop + (panelGap - funnelSize.height) / 2, ...funnelSize };
}

/** The gaps between things that stand below each other. */
function chainOf(frames: readonly Frame[]): { from: number; to: number }[] {
  const ordered = [...frames].sort((a, b) => a.y - b.y);
  return ordered.slice(1).map(({ y }, i) => ({ from: ordered[i]!.y + ordered[i]!.height, to: y }));
}

/** Names of the boxes of each of the three resolutions. */
function stagesOf(layers: number): string[][] {
  const [first, second] = reductionsAfter(layers);
  const names = Array.from({ length: layers }, (_, l) => `layer${l}`);
  return [
    ['stem', ...names.slice(0, first + 1)],
    names.slice(first + 1, second + 1),
    [...names.slice(second + 1), 'head'],
  ];
}

/** Rows that each skip connection spans. */
function spans({ layers }: MacroArch): number[] {
  return layers.flatMap(({ skips }, l) => skips.map((source) => l + 1 - rowOf(source)));
}

function rowOf(source: string): number {
  return source === 'stem' ? 0 : Number(source.slice('layer'.length)) + 1;
}

/** Longer arcs swing out further, ever more slowly, so that none crosses a box and none runs off. */
function reachOf(span: number): number {
  return 12 + 17 * span ** 0.92;
}

function arcsOf({ layers }: MacroArch, frames: ReadonlyMap<string, Frame>): ArcPlace[] {
  const readers = new Map<string, string[]>();
  layers.forEach(({ skips }, l) => {
    for (const source of skips) {
      readers.set(source, [...(readers.get(source) ?? []), `layer${l}`]);
    }
  });
  return layers.flatMap(({ skips }, l) =>
    skips.map((source, i): ArcPlace => {
      const target = `layer${l}`;
      const targets = readers.get(source)!;
      // Leaving in the lower half, the nearest reader lowest; arriving in the upper half, the nearest
      // source uppermost: then arcs of one box nest instead of crossing.
      const leaving = slot(targets.length - 1 - targets.indexOf(target), targets.length);
      const arriving = slot(skips.length - 1 - i, skips.length);
      const half = boxSize.height / 2;
      return {
        source,
        target,
        from: frames.get(source)!.y + half + leaving * (half - 3),
        to: frames.get(target)!.y + half - 3 - (1 - arriving) * (half - 6),
        reach: reachOf(l + 1 - rowOf(source)),
      };
    }),
  );
}

/** The place of item i of n, evenly spread over (0, 1). */
function slot(i: number, n: number): number {
  return (i + 0.5) / n;
}
