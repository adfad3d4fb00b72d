/** How text is set on a terminal. */
export type Style = 'plain' | 'bold' | 'dim' | 'bar';

/** Text in one style. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

const codes: Readonly<Record<Exclude<Style, 'plain'>, string>> = {
  bold: '\x1b[1m',
  dim: '\x1b[2m',
  bar: '\x1b[36m',
};

/** A line of spans, cut to a width in characters; with colour, in the terminal's escape codes. */
export function paint(spans: readonly Span[], width: number, color: boolean): string {
  let left = width;
  let line = '';
  for (const { text, style } of spans) {
    const characters = [...text];
    const shown = characters.slice(0, left).join('');
    left -= Math.min(left, characters.length);
    line += color && style !== 'plain' && shown !== '' ? `${codes[style]}${shown}\x1b[0m` : shown;
  }
  return line;
}

/** A bar of so many characters, filled to a share. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
