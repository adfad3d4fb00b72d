/** A piece of SVG as text. */
export type Svg = string;

/** Text set in a picture; the family falls back to what a renderer without desktop fonts has. */
export const fontFamily = "'Inter', 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif";

/** One SVG element. Numbers are written with at most two decimals; children are SVG, not bare text. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Svg[]
): Svg {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escaped(value)}"`,
  );
  const head = `<${name}${written.join('')}`;
  return children.length === 0 ? `${head}/>` : `${head}>${children.join('')}</${name}>`;
}

/** A line of text with its baseline at (x, y). */
export function text(
  x: number,
  y: number,
  content: string,
  attributes: Readonly<Record<string, string | number>> = {},
): Svg {
  return element('text', { x, y, ...attributes }, escaped(content));
}

/** A complete document on a white ground, with a title for those who cannot see it. */
export function document(
  width: number,
  height: number,
  title: string,
  ...children: readonly Svg[]
): Svg {
  const root = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${short(width)} ${short(height)}`,
      role: 'img',
      'font-family': fontFamily,
      'font-size': 13,
    },
    element('title', {}, escaped(title)),
    element('rect', { width, height, fill: '#ffffff' }),
    ...children,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.replaceAll('><', '>\n<')}\n`;
}

/** A coordinate as it stands in a path: at most two decimals. */
export function short(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** Text as it may stand in SVG. */
export function escaped(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
