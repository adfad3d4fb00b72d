/** The token at the end of every line. */
export const endOfSentence = '<eos>';
/** The token for every word that is not in the vocabulary. */
export const unknownWord = '<unk>';

/** Words, numbered in the order in which they are first met. */
export class Words {
  readonly all: string[] = [];
  readonly #numbers = new Map<string, number>();

  /** The number of a word. */
  number(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    this.#numbers.set(word, this.all.length);
    return this.all.push(word) - 1;
  }
}

/** A sequence of 32-bit integers whose length is not known beforehand. */
export class Numbers {
  #values = new Int32Array(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const longer = new Int32Array(2 * this.#length);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.#length++] = value;
  }

  toArray(): Int32Array {
    return this.#values.slice(0, this.#length);
  }
}
