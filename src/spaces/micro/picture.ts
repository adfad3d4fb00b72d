import {
  box,
  type Frame,
  faint,
  ink,
  legend,
  legendHeight,
  line,
  neutral,
  panelFill,
} from '../picture/shapes.ts';
import { document, element, type Svg, short, text } from '../picture/svg.ts';
import type { Block, MicroArch } from './arch.ts';
import { type CellKind, cellKinds, type MicroOp, microOps } from './decisions.ts';
import { looseEnds } from './looseEnds.ts';
import { isCellInput, nodeIndex } from './nodes.ts';
import {
  type CardPlace,
  type CellLayout,
  cellLayout,
  type LinePlace,
  sumRadius,
} from './pictureLayout.ts';

/** Hue = kind of operator; the darker shade of a hue is the larger kernel. */
const looks: Readonly<Record<MicroOp, { short: string; label: string; colour: string }>> = {
  sep3x3: { short: 'sep 3×3', label: 'separable 3×3, twice', colour: '#22a58b' },
  sep5x5: { short: 'sep 5×5', label: 'separable 5×5, twice', colour: '#0e6a5a' },
  avgpool3x3: { short: 'avg 3×3', label: 'avg pool 3×3', colour: '#e2962f' },
  maxpool3x3: { short: 'max 3×3', label: 'max pool 3×3', colour: '#c4472f' },
  identity: { short: 'identity', label: 'identity', colour: '#8a94a6' },
};

/** Lines have the colour of the node they come from: each input its own, all blocks one. */
const lineColours: Readonly<Record<string, string>> = { input0: '#7a5fc0', input1: '#2f7fc1' };
const blockLine = '#475467';

const titles: Readonly<Record<CellKind, string>> = {
  normal: 'Normal cell',
  reduce: 'Reduction cell',
};
const inputLabels = ['cell before last', 'last cell'];

const margin = 28;
const top = 84;
const panelPad = 22;
const panelHeader = 48;
const panelGap = 22;
const columns = 3;

/** Both cells as graphs, from their inputs down to what is concatenated. */
export function picture(arch: MicroArch): Svg {
  const layouts = cellKinds.map((kind) => ({ kind, layout: cellLayout(arch[kind]) }));
  const inner = Math.max(540, ...layouts.map(({ layout }) => layout.width));
  const width = inner + 2 * (panelPad + margin);
  let y = top;
  const panels = layouts.map(({ kind, layout }) => {
    const height = layout.height + panelHeader + panelPad;
    const frame = { x: margin, y, width: width - 2 * margin, height };
    y += height + panelGap;
    return cellPanel(kind, arch[kind], layout, frame);
  });
  const summary = `${arch.normal.length} blocks in each cell`;
  const entries = microOps.map((op) => ({
    label: `${looks[op].label}  × ${uses(arch, op)}`,
    colour: looks[op].colour,
  }));
  const noteTop = y + 8;
  const legendTop = noteTop + 16;
  return document(
    width,
    legendTop + legendHeight(entries.length, columns) + 16,
    `Micro architecture, ${summary}`,
    text(margin, 38, 'Micro architecture', { 'font-size': 20, 'font-weight': 700, fill: ink }),
    text(margin, 60, summary, { fill: faint }),
    ...panels,
    text(
      margin,
      noteTop,
      'A block adds two operators; /2: stride 2. Lines in the colour of their source',
      {
        'font-size': 12,
        fill: faint,
      },
    ),
    legend(margin, legendTop, (width - 2 * margin) / columns, columns, entries),
  );
}

function uses(arch: MicroArch, op: MicroOp): number {
  const all = cellKinds.flatMap((kind) => arch[kind].flatMap(({ ops }) => ops));
  return all.filter((other) => other === op).length;
}

function cellPanel(
  kind: CellKind,
  blocks: readonly Block[],
  layout: CellLayout,
  frame: Frame,
): Svg {
  const ends = looseEnds(blocks).map(nodeLabel);
  const heading = { 'font-size': 14, 'font-weight': 600, fill: ink };
  const shift = {
    x: frame.x + (frame.width - layout.width) / 2,
    y: frame.y + panelHeader,
  };
  return element(
    'g',
    {},
    element('rect', { ...frame, rx: 12, fill: panelFill }),
    text(frame.x + 16, frame.y + 26, titles[kind], heading),
    element(
      'g',
      { transform: `translate(${short(shift.x)} ${short(shift.y)})` },
      element('title', {}, `concatenated: ${ends.join(', ')}`),
      ...layout.cards.map(({ frame }) =>
        element('rect', { ...frame, rx: 10, fill: '#ffffff', stroke: '#dfe3e8' }),
      ),
      ...layout.lines.map(drawLine),
      ...layout.cards.map((place) => card(kind, blocks, place)),
      ...layout.inputs.map(({ name, frame }) =>
        box(frame, inputLabels[nodeIndex(name)]!, lineColours[name]!),
      ),
      box(layout.output, 'concatenate', neutral),
    ),
  );
}

function nodeLabel(name: string): string {
  return isCellInput(name) ? inputLabels[nodeIndex(name)]! : `node ${nodeIndex(name)}`;
}

function card(kind: CellKind, blocks: readonly Block[], place: CardPlace): Svg {
  const { inputs, ops } = blocks[nodeIndex(place.name) - 2]!;
  const { frame, sum } = place;
  return element(
    'g',
    {},
    ...place.chips.map((chip) => joint(chip.frame, sum)),
    ...place.chips.map(({ side, frame }) => {
      const look = looks[ops[side]];
      const halves = kind === 'reduce' && isCellInput(inputs[side]);
      return box(frame, halves ? `${look.short} /2` : look.short, look.colour);
    }),
    element('circle', {
      cx: sum.x,
      cy: sum.y,
      r: sumRadius,
      fill: '#ffffff',
      stroke: blockLine,
      'stroke-width': 1.5,
    }),
    element('path', {
      d: `M${short(sum.x - 4)} ${short(sum.y)}h8M${short(sum.x)} ${short(sum.y - 4)}v8`,
      stroke: blockLine,
      'stroke-width': 1.5,
    }),
    text(frame.x + 10, frame.y + frame.height - 10, nodeLabel(place.name), {
      'font-size': 11,
      fill: faint,
    }),
  );
}

/** From an operator down to the sum. */
function joint(chip: Frame, sum: CardPlace['sum']): Svg {
  const x = chip.x + chip.width / 2;
  const y = chip.y + chip.height;
  const end = sum.x + Math.sign(x - sum.x) * sumRadius;
  const d = `M${short(x)} ${short(y)}C${short(x)} ${short(sum.y)} ${short(x)} ${short(sum.y)} ${short(end)} ${short(sum.y)}`;
  return element('path', { d, fill: 'none', stroke: line, 'stroke-width': 1.7 });
}

function drawLine({ source, x1, y1, x2, y2, arrow }: LinePlace): Svg {
  const colour = lineColours[source] ?? blockLine;
  const end = arrow ? y2 - 6 : y2;
  const middle = (y1 + end) / 2;
  const d =
    x1 === x2
      ? `M${short(x1)} ${short(y1)}V${short(end)}`
      : `M${short(x1)} ${short(y1)}C${short(x1)} ${short(middle)} ${short(x2)} ${short(middle)} ${short(x2)} ${short(end)}`;
  const head = element('path', { d: `M${short(x2)} ${short(y2)}l-4 -7h8z`, fill: colour });
  return element(
    'g',
    {},
    element('path', { d, fill: 'none', stroke: colour, 'stroke-width': 1.7, opacity: 0.85 }),
    ...(arrow ? [head] : []),
  );
}
