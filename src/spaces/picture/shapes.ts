import { element, escaped, type Svg, short, text } from './svg.ts';

/** Colours of what is not an operator. */
export const ink = '#1d2939';
export const faint = '#667085';
export const line = '#98a2b3';
export const panelFill = '#f4f6f8';
export const neutral = '#5d6b82';

export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A coloured box with a label in white. */
export function box(frame: Frame, label: string, fill: string): Svg {
  const { x, y, width, height } = frame;
  return element(
    'g',
    {},
    element('rect', { ...frame, rx: 7, fill }),
    text(x + width / 2, y + height / 2 + 4.5, label, {
      'text-anchor': 'middle',
      'font-weight': 600,
      fill: '#ffffff',
    }),
  );
}

/** A straight arrow downwards. */
export function downArrow(x: number, from: number, to: number): Svg {
  return element(
    'g',
    { stroke: line, fill: line },
    element('path', { d: `M${short(x)} ${short(from)}V${short(to - 4)}`, 'stroke-width': 2 }),
    element('path', {
      d: `M${short(x)} ${short(to)}l-4.5 -7h9z`,
      stroke: 'none',
    }),
  );
}

/** A trapezoid that narrows downwards: something becomes smaller here. */
export function funnel({ x, y, width, height }: Frame, fill: string): Svg {
  const inset = width / 4;
  const d = `M${short(x)} ${short(y)}h${short(width)}l${short(-inset)} ${short(height)}h${short(2 * inset - width)}z`;
  return element('path', { d, fill, stroke: fill, 'stroke-width': 3, 'stroke-linejoin': 'round' });
}

export interface ArcLook {
  /** How far it swings out to the right. */
  readonly reach: number;
  readonly colour: string;
  readonly width: number;
  /** Shown on hovering. */
  readonly title: string;
}

/** An arrow that leaves (x, from) to the right and comes back to (x, to). */
export function arc(x: number, from: number, to: number, look: ArcLook): Svg {
  // A cubic swings out to three quarters of its control points' distance.
  const control = short(x + look.reach / 0.75);
  const [start, end] = [`${short(x)} ${short(from)}`, `${short(x + 6)} ${short(to)}`];
  return element(
    'g',
    { stroke: look.colour, fill: 'none', opacity: 0.85 },
    element('title', {}, escaped(look.title)),
    element('path', {
      d: `M${start}C${control} ${short(from)} ${control} ${short(to)} ${end}`,
      'stroke-width': look.width,
    }),
    element('path', {
      d: `M${short(x + 0.5)} ${short(to)}l7 -3.2v6.4z`,
      fill: look.colour,
      stroke: 'none',
    }),
  );
}

export interface LegendEntry {
  readonly label: string;
  readonly colour: string;
}

/** Coloured squares with their meaning, in rows of `columns`. Its height is {@link legendHeight}. */
export function legend(
  x: number,
  y: number,
  columnWidth: number,
  columns: number,
  entries: readonly LegendEntry[],
): Svg {
  const items = entries.map(({ label, colour }, i) => {
    const left = x + (i % columns) * columnWidth;
    const top = y + Math.floor(i / columns) * legendPitch;
    return (
      element('rect', { x: left, y: top, width: 13, height: 13, rx: 3.5, fill: colour }) +
      text(left + 20, top + 11, label, { fill: ink, 'font-size': 12 })
    );
  });
  return element('g', {}, ...items);
}

const legendPitch = 22;

export function legendHeight(entries: number, columns: number): number {
  return Math.ceil(entries / columns) * legendPitch;
}
