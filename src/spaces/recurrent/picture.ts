import {
  box,
  type Frame,
  faint,
  ink,
  legend,
  legendHeight,
  neutral,
  panelFill,
} from '../picture/shapes.ts';
import { document, element, escaped, type Svg, short, text } from '../picture/svg.ts';
import type { RecurrentArch } from './arch.ts';
import { type RecurrentOp, recurrentOps } from './decisions.ts';
import { looseEnds } from './looseEnds.ts';
import { nodeNumber } from './nodes.ts';
import type { RecurrentOptions } from './options.ts';
import { type CellLayout, cellLayout, type Edge, type Route } from './pictureLayout.ts';

const looks: Readonly<Record<RecurrentOp, { readonly label: string; readonly colour: string }>> = {
  tanh: { label: 'tanh', colour: '#4f83e3' },
  relu: { label: 'ReLU', colour: '#e2962f' },
  identity: { label: 'identity', colour: '#8a94a6' },
  sigmoid: { label: 'sigmoid', colour: '#22a58b' },
};

/** Lines of what comes from this time step, and of what comes from the last. */
const present = '#475467';
const past = '#7a5fc0';

const margin = 28;
const top = 84;
const panelPad = 28;
const columns = 4;

/** One time step of the cell, from its inputs down to what it gives. */
export function picture(
  arch: RecurrentArch,
  { output, recurrentInput }: Pick<RecurrentOptions, 'output' | 'recurrentInput'>,
): Svg {
  const layout = cellLayout(arch, recurrentInput);
  const inner = Math.max(500, layout.width);
  const panel = {
    x: margin,
    y: top,
    width: inner + 2 * panelPad,
    height: layout.height + 2 * panelPad,
  };
  const width = panel.width + 2 * margin;
  const noteTop = panel.y + panel.height + 26;
  const legendTop = noteTop + 36;
  const summary = describe(arch);
  const shift = {
    x: panel.x + panelPad + (inner - layout.width) / 2,
    y: panel.y + panelPad,
  };
  return document(
    width,
    legendTop + legendHeight(recurrentOps.length, columns) + 12,
    `Recurrent cell, ${summary}`,
    text(margin, 38, 'Recurrent cell', { 'font-size': 20, 'font-weight': 700, fill: ink }),
    text(margin, 60, summary, { fill: faint }),
    element('rect', { ...panel, rx: 12, fill: panelFill }),
    element(
      'g',
      { transform: `translate(${short(shift.x)} ${short(shift.y)})` },
      recurrence(layout.recurrence, recurrentInput),
      ...[...layout.edges, ...layout.drops, layout.output].map(drawEdge),
      ...layout.nodes.map(({ name, frame }) => node(arch, name, frame)),
      ...inputs(layout),
      box(layout.mean, meanLabel(arch, output), neutral),
      text(layout.output.x1 + 12, layout.output.y2 - 10, 'softmax, or the layer above', {
        'font-size': 12,
        fill: faint,
      }),
    ),
    note(noteTop, 'Node 1 adds what it reads of both inputs.'),
    note(
      noteTop + 18,
      'Each other node reads h: c ⊗ f(h·W) + (1 − c) ⊗ h, with the gate c = σ(h·V)',
    ),
    legend(margin, legendTop, (width - 2 * margin) / columns, columns, legendEntries(arch)),
  );
}

function describe(arch: RecurrentArch): string {
  const ends = looseEnds(arch).length;
  return `${arch.nodes.length} nodes, ${ends} that no other ${ends === 1 ? 'reads' : 'read'}`;
}

function note(y: number, content: string): Svg {
  return text(margin, y, content, { 'font-size': 12, fill: faint });
}

function legendEntries({ nodes }: RecurrentArch) {
  return recurrentOps.map((op) => {
    const uses = nodes.filter((other) => other.op === op).length;
    return { label: `${looks[op].label}  × ${uses}`, colour: looks[op].colour };
  });
}

function meanLabel({ nodes }: RecurrentArch, output: 'loose' | 'all'): string {
  return output === 'all' ? `mean of nodes 2 to ${nodes.length}` : 'mean';
}

function node(arch: RecurrentArch, name: string, frame: Frame): Svg {
  const number = nodeNumber(name);
  const { label, colour } = looks[arch.nodes[number - 1]!.op];
  const style = { 'text-anchor': 'end', 'font-size': 11, fill: faint };
  return (
    text(frame.x - 5, frame.y + frame.height / 2 + 4, String(number), style) +
    box(frame, label, colour)
  );
}

/** The input of this time step, and the last one's hidden state. */
function inputs({ inputs: { x, h } }: CellLayout): readonly Svg[] {
  const outlined = (frame: Frame, label: string, colour: string) =>
    element('rect', { ...frame, rx: 7, fill: '#ffffff', stroke: colour, 'stroke-width': 1.7 }) +
    text(frame.x + frame.width / 2, frame.y + frame.height / 2 + 4.5, label, {
      'text-anchor': 'middle',
      'font-weight': 600,
      fill: colour,
    });
  return [outlined(x, 'x(t)', present), outlined(h, 'h(t − 1)', past)];
}

function drawEdge({ source, target, x1, y1, x2, y2 }: Edge): Svg {
  const colour = source === 'h' ? past : present;
  const end = y2 - 6;
  const middle = (y1 + end) / 2;
  const d =
    x1 === x2
      ? `M${short(x1)} ${short(y1)}V${short(end)}`
      : `M${short(x1)} ${short(y1)}C${short(x1)} ${short(middle)} ${short(x2)} ${short(middle)} ${short(x2)} ${short(end)}`;
  return element(
    'g',
    {},
    element('title', {}, escaped(`${source} → ${target}`)),
    element('path', { d, fill: 'none', stroke: colour, 'stroke-width': 1.7, opacity: 0.85 }),
    element('path', { d: `M${short(x2)} ${short(y2)}l-4 -7h8z`, fill: colour }),
  );
}

/** Dashed, with round corners: it ends where the next time step begins. */
function recurrence(route: Route, recurrentInput: 'lastNode' | 'output'): Svg {
  const [[x0, y0], [x1, y1], [, y2], [x3]] = route as [Corner, Corner, Corner, Corner];
  const r = 10;
  const d = [
    `M${short(x0)} ${short(y0)}H${short(x1 - r)}`,
    `Q${short(x1)} ${short(y1)} ${short(x1)} ${short(y1 - r)}V${short(y2 + r)}`,
    `Q${short(x1)} ${short(y2)} ${short(x1 - r)} ${short(y2)}H${short(x3 + 6)}`,
  ].join('');
  const from = recurrentInput === 'output' ? 'mean' : 'last node';
  return element(
    'g',
    {},
    element('title', {}, `${from} → h at the next time step`),
    element('path', {
      d,
      fill: 'none',
      stroke: past,
      'stroke-width': 1.7,
      'stroke-dasharray': '5 4',
    }),
    element('path', { d: `M${short(x3)} ${short(y2)}l7 -4v8z`, fill: past }),
  );
}

type Corner = Route[number];
