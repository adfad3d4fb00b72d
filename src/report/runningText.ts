import { endOfSentence } from '../data/text/words.ts';

/** Words as running text: a blank between two, `<eos>` a line end. */
export class RunningText {
  #atLineStart = true;

  get atLineStart(): boolean {
    return this.#atLineStart;
  }

  /** What is to be written for the next word. */
  next(word: string): string {
    const blank = this.#atLineStart ? '' : ' ';
    this.#atLineStart = word === endOfSentence;
    return this.#atLineStart ? '\n' : `${blank}${word}`;
  }
}
