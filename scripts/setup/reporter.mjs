import { openSync, writeSync } from 'node:fs';

const PREFIX = 'enas-torch: ';
const PLAIN_INTERVAL_MS = 10_000;

/**
 * Shows how far a long job is: one live line on a terminal, a whole line every ten seconds
 * elsewhere.
 *
 * npm keeps the output of a dependency's install script to itself, so under npm with a pipe for
 * output the lines go to the controlling terminal as well, where there is one.
 */
export function createReporter({ stream = process.stderr, env = process.env } = {}) {
  const live = stream.isTTY === true;
  const terminal = !live && env.npm_lifecycle_event && !env.CI ? openTerminal() : undefined;
  let lastPlain = Number.NEGATIVE_INFINITY;
  let liveLine = false;

  const writeLine = (text) => {
    if (liveLine) stream.write('\r\x1b[2K');
    liveLine = false;
    stream.write(`${text}\n`);
    if (terminal !== undefined) writeSync(terminal, `\r\x1b[2K${text}\n`);
  };

  return {
    /** A step begun or ended; always shown. */
    line(text) {
      writeLine(PREFIX + text);
      lastPlain = Date.now();
    },
    /** How far the present step is; shown when it is due. */
    progress(text) {
      if (live) {
        const width = (stream.columns || 80) - 1;
        stream.write(`\r\x1b[2K${(PREFIX + text).slice(0, width)}`);
        liveLine = true;
      } else if (Date.now() - lastPlain >= PLAIN_INTERVAL_MS) {
        this.line(text);
      }
    },
    /** Text of another program, as it came. */
    quote(text) {
      writeLine(text);
    },
  };
}

function openTerminal() {
  try {
    return openSync('/dev/tty', 'w');
  } catch {
    return undefined;
  }
}

/** "87 of 192 MB" in decimal megabytes, or "87 MB" while the whole is unknown. */
export function megabytes(done, total) {
  const round = (bytes) => Math.round(bytes / 1e6);
  return total ? `${round(done)} of ${round(total)} MB` : `${round(done)} MB`;
}
