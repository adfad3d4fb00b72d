import { EventEmitter } from 'node:events';
import type { Output } from '../../src/report/output.ts';

/** An output that keeps what was written to it. */
export class Paper extends EventEmitter {
  readonly writes: string[] = [];
  readonly destroyed = false;
  isTTY = false;
  columns = 80;

  get text(): string {
    return this.writes.join('');
  }

  write(text: string): boolean {
    this.writes.push(text);
    return true;
  }

  get output(): Output {
    return this as unknown as Output;
  }
}

/** The lines a terminal shows after what was written to it: just the codes the display uses. */
export function screen(text: string): string[] {
  const rows = [''];
  let row = 0;
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys
  for (const [token] of text.matchAll(/\x1b\[\??(\d*)([A-Za-z])|[\s\S]/gu)) {
    const code = /^.\[\??(\d*)([A-Za-z])$/u.exec(token);
    if (token === '\n') {
      row++;
      column = 0;
      rows[row] ??= '';
    } else if (token === '\r') column = 0;
    else if (code?.[2] === 'A') row -= Number(code[1]);
    else if (code?.[2] === 'K') rows[row] = rows[row]!.slice(0, column);
    else if (code?.[2] === 'J') rows.splice(row, rows.length, rows[row]!.slice(0, column));
    else if (code === null) {
      rows[row] = rows[row]!.slice(0, column).padEnd(column) + token + rows[row]!.slice(column + 1);
      column++;
    }
  }
  return rows;
}
