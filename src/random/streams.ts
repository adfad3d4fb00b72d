import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * Randomness as a function of (seed, stream name, step): no draw depends on how many came before it,
 * so nothing about randomness is saved in a checkpoint, and a resumed run equals an uninterrupted one.
 *
 * Stream names are paths that say what is drawn: `omega/init/layer3/conv3x3/weight`,
 * `data/order`, `augment/flip`, `controller/sample`, `dropout/head`.
 */
export class Streams {
  readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** The seed of one draw: a non-negative integer below 2^48, for a torch function's `seed` option. */
  key(stream: string, step = 0): number {
    const digest = createHash('sha256').update(`${this.seed}\0${stream}\0${step}`).digest();
    return digest.readUIntBE(0, 6);
  }

  /** A generator of numbers in JavaScript, for draws that need no tensor. */
  draw(stream: string, step = 0): Draw {
    return new Draw(this.key(stream, step));
  }
}

/** A short sequence of draws from one key. */
export class Draw {
  readonly #generator;

  constructor(key: number) {
    // The generator takes 32 bits of seed; its jump-free state is filled from both halves of the key.
    this.#generator = xoroshiro128plus((key % 2 ** 32) ^ Math.floor(key / 2 ** 32));
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /** Uniform integer in [low, high). */
  integer(low: number, high: number): number {
    return uniformInt(this.#generator, low, high - 1);
  }

  /** Standard normal (Box–Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}
