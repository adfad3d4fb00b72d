import type { RunEvent } from '../run/events.ts';
import { Figures } from './figures.ts';
import { type Output, write } from './output.ts';
import { bar, paint, type Span, type Style } from './paint.ts';
import { noticeOf } from './plainLines.ts';
import type { Reporter } from './reporter.ts';

const msBetweenDrawings = 100;
const barWidth = 24;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const eraseToEndOfLine = '\x1b[K';
const eraseBelow = '\x1b[J';

/**
 * Two lines redrawn in place while the run goes on, at most ten times a second; what is worth
 * keeping (each epoch's figures, warnings) goes by above them.
 *
 * @param color whether to use colours and weights
 * @param signal once aborted, the display says that the run is stopping
 */
export function progress(output: Output, color: boolean, signal?: AbortSignal): Reporter {
  return async (events) => {
    const display = new Display(output, color, signal);
    let last: RunEvent | undefined;
    try {
      for await (const event of events) {
        last = event;
        await display.show(event);
      }
    } finally {
      await display.end();
    }
    return last;
  };
}

class Display {
  readonly #output: Output;
  readonly #color: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #figures = new Figures();
  /** Lengths in characters of the lines on the screen. */
  #drawn: number[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  readonly #onExit = () => {
    this.#output.write(showCursor);
  };
  readonly #onAbort = () => void this.#draw();

  constructor(output: Output, color: boolean, signal: AbortSignal | undefined) {
    this.#output = output;
    this.#color = color;
    this.#signal = signal;
    process.once('exit', this.#onExit);
    signal?.addEventListener('abort', this.#onAbort);
  }

  async show(event: RunEvent): Promise<void> {
    this.#figures.update(event);
    const notice = noticeOf(event);
    const wait = msBetweenDrawings - (performance.now() - this.#drawnAt);
    if (notice !== undefined || wait <= 0) await this.#draw(notice);
    else this.#timer ??= setTimeout(() => void this.#draw(), wait).unref();
  }

  /** Takes the two lines away. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    process.off('exit', this.#onExit);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await write(this.#output, `${this.#toTop()}${eraseBelow}${showCursor}`);
    this.#drawn = [];
  }

  // One write, lines overwritten and only their ends erased: nothing is blank for a moment.
  #draw(notice?: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drawnAt = performance.now();
    const top = this.#drawn.length === 0 ? hideCursor : this.#toTop();
    const lines = this.#lines();
    // A full last column makes some terminals wrap early.
    const width = Math.max(1, (this.#output.columns ?? 80) - 1);
    this.#drawn = lines.map((spans) => [...paint(spans, width, false)].length);
    const kept = notice === undefined ? '' : `${eraseBelow}${notice}\n`;
    const text = lines.map((spans) => paint(spans, width, this.#color) + eraseToEndOfLine);
    return write(this.#output, `${top}${kept}${text.join('\n')}`);
  }

  /** Moves the cursor to where the first line begins, also after the terminal has become narrower. */
  #toTop(): string {
    if (this.#drawn.length === 0) return '';
    const columns = Math.max(1, this.#output.columns ?? 80);
    const rows = this.#drawn.reduce(
      (sum, length) => sum + Math.max(1, Math.ceil(length / columns)),
      0,
    );
    return rows > 1 ? `\r\x1b[${rows - 1}A` : '\r';
  }

  #lines(): Span[][] {
    const figures = this.#figures;
    const span = (text: string, style: Style = 'plain'): Span => ({ text, style });
    const first = [span(figures.position(), 'bold')];
    if (figures.phase !== undefined && figures.phase !== 'derive') {
      first.push(span('  '), span(bar(figures.pace.epochShare, barWidth), 'bar'));
    }
    for (const text of [...figures.speed(), ...figures.timeLeft()]) first.push(span(`  ${text}`));
    const second = this.#signal?.aborted
      ? span('stopping (Ctrl-C again stops at once)', 'bold')
      : span(figures.values().join('  ') || 'starting', 'dim');
    return [first, [second]];
  }
}
