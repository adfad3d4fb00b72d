import { refusal } from '../../refusal.ts';

/** A text of whitespace between integers, to be read one after the other. */
export class Integers {
  readonly #format: string;
  readonly #tokens: readonly string[];
  #read = 0;

  /**
   * @param expected how many there must be, and of what
   * @param nodesOf how many nodes another number of them would mean, if any
   */
  constructor(
    format: string,
    text: string,
    expected: { readonly count: number; readonly rule: string },
    nodesOf: (count: number) => number,
  ) {
    this.#format = format;
    this.#tokens = text.split(/\s+/).filter((token) => token !== '');
    const { length } = this.#tokens;
    if (length === expected.count) return;
    const nodes = nodesOf(length);
    const remedy =
      Number.isInteger(nodes) && nodes > 1
        ? `; these are ${nodes} nodes: set nodes to ${nodes}`
        : '';
    const message = `expected ${expected.count} numbers (${expected.rule}), got ${length}${remedy}`;
    throw refusal(format, message);
  }

  /** The one of `from` whose index the next number is. */
  next<T>(from: readonly T[], what: string): T {
    const token = this.#tokens[this.#read++]!;
    const value = /^\d+$/.test(token) ? from[Number(token)] : undefined;
    if (value !== undefined) return value;
    const range = from.length === 1 ? '0' : `an integer from 0 to ${from.length - 1}`;
    const where = `number ${this.#read} (${what})`;
    throw refusal(this.#format, `${where}: expected ${range}, got "${token}"`);
  }
}
