import { z } from 'zod';
import type { Choices } from '../spaces/space.ts';

const index = z.int().nonnegative();

/** A line of `architectures.jsonl`: what a resumed search must know of an architecture scored before. */
export const scoredLineSchema = z.strictObject({
  choices: z.array(z.union([index, z.array(index).readonly()])).readonly(),
  reward: z.number(),
});

export type ScoredLine = z.infer<typeof scoredLineSchema>;

/** A name that no other choices of a space have. */
export const keyOf = (choices: Choices) => JSON.stringify(choices);

/** The architectures that have been scored, and how good a reward is among theirs. */
export class Scored {
  readonly #seen = new Set<string>();
  /** Rising. */
  readonly #rewards: number[] = [];

  add(choices: Choices, reward: number): void {
    this.#seen.add(keyOf(choices));
    this.#rewards.splice(this.#above(reward), 0, reward);
  }

  has(choices: Choices): boolean {
    return this.#seen.has(keyOf(choices));
  }

  /** Whether no two rewards differ. */
  get isConstant(): boolean {
    return this.#rewards[0] === this.#rewards.at(-1);
  }

  /**
   * The share of the rewards so far that one of them is better than, from 0 to 1. Half of those that equal
   * it count, itself among them, so that the mean over all is 1/2.
   */
  share(reward: number): number {
    return (this.#below(reward) + this.#above(reward)) / 2 / this.#rewards.length;
  }

  /** How many rewards are lower. */
  #below(reward: number): number {
    return this.#place((each) => each < reward);
  }

  /** How many are lower or equal. */
  #above(reward: number): number {
    return this.#place((each) => each <= reward);
  }

  #place(isBefore: (reward: number) => boolean): number {
    let [low, high] = [0, this.#rewards.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#rewards[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
