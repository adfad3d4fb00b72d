import {
  arc,
  box,
  downArrow,
  type Frame,
  faint,
  funnel,
  ink,
  type LegendEntry,
  legend,
  legendHeight,
  neutral,
  panelFill,
} from '../picture/shapes.ts';
import { document, element, type Svg, text } from '../picture/svg.ts';
import type { MacroArch } from './arch.ts';
import type { MacroOp } from './decisions.ts';
import { type Layout, layout, type Row } from './pictureLayout.ts';

/** Hue = kind of operator; the darker shade of a hue is the larger kernel. */
const looks: Readonly<Record<MacroOp, { readonly label: string; readonly colour: string }>> = {
  conv3x3: { label: 'conv 3×3', colour: '#4f83e3' },
  sep3x3: { label: 'separable 3×3', colour: '#22a58b' },
  conv5x5: { label: 'conv 5×5', colour: '#2a4ba0' },
  sep5x5: { label: 'separable 5×5', colour: '#0e6a5a' },
  avgpool3x3: { label: 'avg pool 3×3', colour: '#e2962f' },
  maxpool3x3: { label: 'max pool 3×3', colour: '#c4472f' },
};

/** The legend's order, for three columns: one hue in each. */
const legendOrder: readonly MacroOp[] = [
  'conv3x3',
  'sep3x3',
  'avgpool3x3',
  'conv5x5',
  'sep5x5',
  'maxpool3x3',
];
const columns = 3;
const resolutions = ['H × W', '½H × ½W', '¼H × ¼W'];

/** The network as a column of boxes from the image to the classes, its skip connections as arcs. */
export function picture(arch: MacroArch): Svg {
  const place = layout(arch);
  const summary = describe(arch);
  const entries = legendEntries(arch);
  const noteTop = place.height + 14;
  const legendTop = noteTop + 16;
  const columnWidth = (place.width - 2 * place.margin) / columns;
  const title = { 'font-size': 20, 'font-weight': 700, fill: ink };
  return document(
    place.width,
    legendTop + legendHeight(entries.length, columns) + 16,
    `Macro architecture, ${summary}`,
    text(place.margin, 38, 'Macro architecture', title),
    text(place.margin, 60, summary, { fill: faint }),
    ...place.panels.map((frame, stage) => panel(frame, resolutions[stage]!)),
    ...place.chain.map(({ from, to }) => downArrow(place.centre, from, to)),
    ...place.reductions.map((frame) => reduction(frame, place)),
    ...place.arcs.map(({ source, target, from, to, reach }) =>
      arc(place.right, from, to, {
        reach,
        colour: lookOf(source, arch).colour,
        width: place.arcs.length > 40 ? 1.2 : 1.7,
        title: `${source} → ${target}`,
      }),
    ),
    ...place.rows.map((row) => drawRow(row, arch, place)),
    text(place.margin, noteTop, 'Arcs: skip connections, in the colour of their source', {
      'font-size': 12,
      fill: faint,
    }),
    legend(place.margin, legendTop, columnWidth, columns, entries),
  );
}

function describe({ layers }: MacroArch): string {
  const skips = layers.reduce((sum, layer) => sum + layer.skips.length, 0);
  const possible = (layers.length * (layers.length - 1)) / 2;
  const rate = Math.round((100 * skips) / possible);
  return `${layers.length} layers, ${skips} of ${possible} skip connections (${rate} %)`;
}

function legendEntries({ layers }: MacroArch): LegendEntry[] {
  return legendOrder.map((op) => {
    const uses = layers.filter((layer) => layer.op === op).length;
    const { label, colour } = looks[op];
    return { label: `${label}  × ${uses}`, colour };
  });
}

function panel(frame: Frame, resolution: string): Svg {
  return (
    element('rect', { ...frame, rx: 12, fill: panelFill }) +
    text(frame.x + 14, frame.y + 21, resolution, { 'font-size': 12, fill: faint })
  );
}

/** A funnel on the chain, between two panels. */
function reduction(frame: Frame, { captionEnd }: Layout): Svg {
  return funnel(frame, neutral) + caption(captionEnd, frame, 'reduction');
}

function caption(end: number, { y, height }: Frame, content: string): Svg {
  const style = { 'text-anchor': 'end', 'font-size': 12, fill: faint };
  return text(end, y + height / 2 + 4, content, style);
}

function drawRow({ name, frame }: Row, arch: MacroArch, { captionEnd }: Layout): Svg {
  const { label, colour } = lookOf(name, arch);
  const drawn = box(frame, label, colour);
  if (!name.startsWith('layer')) return drawn;
  return caption(captionEnd, frame, name.replace('layer', 'layer ')) + drawn;
}

function lookOf(name: string, { layers }: MacroArch): { label: string; colour: string } {
  if (name === 'stem') return { label: 'stem: conv 3×3', colour: neutral };
  if (name === 'head') return { label: 'average, linear', colour: neutral };
  return looks[layers[Number(name.slice('layer'.length))]!.op];
}
