import {
  box,
  downArrow,
  type Frame,
  faint,
  ink,
  type LegendEntry,
  legend,
  legendHeight,
  line,
  neutral,
  panelFill,
} from '../picture/shapes.ts';
import { document, element, type Svg, short, text } from '../picture/svg.ts';
import { type NasBench201Arch, opsOf } from './arch.ts';
import { type Edge, type EdgeOp, edgeOps, edges } from './decisions.ts';

const looks: Readonly<Record<EdgeOp, { readonly label: string; readonly colour: string }>> = {
  none: { label: 'none', colour: '#c3cad5' },
  skip_connect: { label: 'skip', colour: '#22a58b' },
  nor_conv_1x1: { label: 'conv 1×1', colour: '#4f83e3' },
  nor_conv_3x3: { label: 'conv 3×3', colour: '#2a4ba0' },
  avg_pool_3x3: { label: 'avg pool 3×3', colour: '#e2962f' },
};

const margin = 28;
const width = 640;
const panel: Frame = { x: margin, y: 84, width: width - 2 * margin, height: 480 };
const spine = 250;
const nodeSize = { width: 112, height: 34 };
const opSize = { width: 112, height: 26 };
const firstNode = panel.y + 36;
const pitch = 124;
const columns = 3;

/** Middle of the operator of each edge that is not between neighbours, by `from→to`. */
const detours: Readonly<Record<string, number>> = { '0→2': 388, '1→3': 112, '0→3': 520 };

/** The cell as a column of nodes, each edge with its operator in a box; edges of `none` are left out. */
export function picture(arch: NasBench201Arch): Svg {
  const ops = opsOf(arch);
  const live = edges.filter((_, i) => ops[i] !== 'none');
  const summary = `${live.length} of ${edges.length} edges; the same cell throughout the network`;
  const entries = legendEntries(ops);
  const legendTop = panel.y + panel.height + 24;
  const columnWidth = (width - 2 * margin) / columns;
  return document(
    width,
    legendTop + legendHeight(entries.length, columns) + 16,
    `NAS-Bench-201 cell, ${live.length} of ${edges.length} edges`,
    text(margin, 38, 'NAS-Bench-201 cell', { 'font-size': 20, 'font-weight': 700, fill: ink }),
    text(margin, 60, summary, { fill: faint }),
    element('rect', { ...panel, rx: 12, fill: panelFill }),
    ...edges.map((edge, i) => (ops[i] === 'none' ? '' : drawEdge(edge, ops[i]!))),
    ...[0, 1, 2, 3].map((node) => box(nodeFrame(node), nodeLabel(node), neutral)),
    legend(margin, legendTop, columnWidth, columns, entries),
  );
}

function legendEntries(ops: readonly EdgeOp[]): LegendEntry[] {
  return edgeOps.map((op) => ({
    label: `${looks[op].label}  × ${ops.filter((other) => other === op).length}`,
    colour: looks[op].colour,
  }));
}

function nodeLabel(node: number): string {
  if (node === 0) return 'input';
  return node === 3 ? 'output: sum' : `node ${node}: sum`;
}

function nodeFrame(node: number): Frame {
  return { x: spine - nodeSize.width / 2, y: firstNode + node * pitch, ...nodeSize };
}

function drawEdge({ from, to }: Edge, op: EdgeOp): Svg {
  const middle = (firstNode + from * pitch + nodeSize.height + firstNode + to * pitch) / 2;
  const x = detours[`${from}→${to}`] ?? spine;
  const frame = { x: x - opSize.width / 2, y: middle - opSize.height / 2, ...opSize };
  const lines = x === spine ? straight(from, to, frame) : detour(from, to, frame, x);
  const title = element('title', {}, `node ${from} → node ${to}: ${op}`);
  return element('g', {}, title, lines, box(frame, looks[op].label, looks[op].colour));
}

function straight(from: number, to: number, frame: Frame): Svg {
  return (
    element('path', {
      d: `M${short(spine)} ${short(nodeFrame(from).y + nodeSize.height)}V${short(frame.y)}`,
      stroke: line,
      'stroke-width': 2,
    }) + downArrow(spine, frame.y + frame.height, nodeFrame(to).y)
  );
}

/** Out of the side of one node, through the operator, into the side of another. */
function detour(from: number, to: number, frame: Frame, x: number): Svg {
  const side = Math.sign(x - spine);
  const edge = spine + (side * nodeSize.width) / 2;
  // The longest edge leaves and arrives furthest from the middle, so that none touches another.
  const shift = to - from === 3 ? 9 : 0;
  const start = nodeFrame(from).y + nodeSize.height / 2 - shift;
  const end = nodeFrame(to).y + nodeSize.height / 2 + shift;
  const into = `M${short(edge)} ${short(start)}Q${short(x)} ${short(start)} ${short(x)} ${short(frame.y)}`;
  const out = `M${short(x)} ${short(frame.y + frame.height)}Q${short(x)} ${short(end)} ${short(edge + side * 6)} ${short(end)}`;
  return (
    element('path', { d: `${into}${out}`, stroke: line, 'stroke-width': 2, fill: 'none' }) +
    element('path', {
      d: `M${short(edge + side * 0.5)} ${short(end)}l${short(side * 7)} -4.5v9z`,
      fill: line,
    })
  );
}
