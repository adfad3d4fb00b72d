import type { Draw } from '../../../random/streams.ts';

/**
 * Choices with known probabilities, drawn one after another. The sum of their −log p is an upper
 * bound of −log p of the text they make, since other choices may make the same text.
 */
export class Choices {
  /** Σ −log p of the choices made, in nats. */
  nats = 0;
  readonly #draw: Draw;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    const happens = this.#draw.uniform() < p;
    this.nats -= Math.log(happens ? p : 1 - p);
    return happens;
  }

  /** One of a list, all equally likely. */
  one<T>(from: readonly T[]): T {
    this.nats += Math.log(from.length);
    return from[this.#draw.integer(0, from.length)]!;
  }

  /** One of a list, earlier ones more likely: of n, the i-th with √((i+1)/n) − √(i/n). */
  earlier<T>(from: readonly T[]): T {
    const n = from.length;
    const i = Math.floor(n * this.#draw.uniform() ** 2);
    this.nats -= Math.log(Math.sqrt((i + 1) / n) - Math.sqrt(i / n));
    return from[i]!;
  }

  /** `favourite` with probability `p`, otherwise one of a list, itself among them, equally likely. */
  favourite<T>(favourite: T, p: number, from: readonly T[]): T {
    const i = this.#draw.integer(0, from.length);
    const chosen = this.#draw.uniform() < p ? favourite : from[i]!;
    this.nats -= Math.log((chosen === favourite ? p : 0) + (1 - p) / from.length);
    return chosen;
  }
}
