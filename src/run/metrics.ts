import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { EnasTorchError } from '../errors/error.ts';
import { writeError } from '../files/writeError.ts';
import { isJsonObject, type JsonObject } from './overlay.ts';
import { thenResume, writing } from './writing.ts';

const flushAfterMs = 1000;
const flushAtCharacters = 64 * 1024;

/**
 * A file of one JSON value a line, to which lines are only added. Lines reach the file within a second.
 * Where one could not be written (ERR_WRITE), nothing is any more: the file ends there.
 */
export class JsonlWriter {
  readonly path: string;
  readonly #descriptor: number;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #size: number;
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;

  /** Opens a file to add to; makes it if there is none. */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = writing(path, () => openSync(path, 'a'));
    this.#size = fstatSync(this.#descriptor).size;
  }

  /** Bytes in the file; what still waits is not among them. */
  get size(): number {
    return this.#size;
  }

  append(value: unknown): void {
    this.#checkWhole();
    const line = `${JSON.stringify(value)}\n`;
    this.#waiting.push(line);
    this.#waitingCharacters += line.length;
    if (this.#waitingCharacters >= flushAtCharacters) this.flush();
    else this.#timer ??= setTimeout(() => this.#flushLater(), flushAfterMs).unref();
  }

  /** Writes what waits. */
  flush(): void {
    this.#checkWhole();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#waitingCharacters = 0;
    let written = 0;
    this.#writing(() => {
      while (written < bytes.length) {
        const count = writeSync(this.#descriptor, bytes, written);
        written += count;
        this.#size += count;
      }
    });
  }

  /** Writes what waits, waits until it is on the disk, and returns the file's size in bytes. */
  sync(): number {
    this.flush();
    this.#writing(() => fsyncSync(this.#descriptor));
    return this.#size;
  }

  /**
   * Cuts the file to a size that {@link sync} once returned.
   *
   * @throws EnasTorchError ERR_RUN when the file is shorter than that
   */
  truncate(size: number): void {
    this.flush();
    if (this.#size < size) {
      throw new EnasTorchError(
        'ERR_RUN',
        `${this.path}: expected at least ${size} bytes, as when the checkpoint was written, got ` +
          `${this.#size}; put the whole file back, or start a new run`,
      );
    }
    this.#writing(() => {
      ftruncateSync(this.#descriptor, size);
      fsyncSync(this.#descriptor);
    });
    this.#size = size;
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.#descriptor);
    }
  }

  // Thrown from a timer, a full disk would end the process; the next call throws it to its caller.
  #flushLater(): void {
    try {
      this.flush();
    } catch {}
  }

  // After a line that was lost another would leave a gap that nobody sees.
  #checkWhole(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #writing(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#failure = writeError(this.path, error, thenResume);
      throw this.#failure;
    }
  }
}

/** Bytes of a file that are read for its last line: a line is at most an event with an architecture. */
const tailBytes = 1024 * 1024;

/** The object on the last line of a file; null where there is none, or a crash has cut the line short. */
export function lastLine(path: string): JsonObject | null {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    const value: unknown = JSON.parse(
      bytes.toString('utf8', 0, read).trimEnd().split('\n').at(-1)!,
    );
    return isJsonObject(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
