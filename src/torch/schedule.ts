/** A cosine schedule with warm restarts. */
export interface CosineRestarts {
  readonly max: number;
  readonly min: number;
  /** Epochs of the first period, T0. */
  readonly period: number;
  /** Each period is this many times as long as the one before, Tmul. */
  readonly factor: number;
}

/**
 * The learning rate of an epoch, from 0: min + ½(max − min)(1 + cos(π·Tcur/Ti))
 * (Loshchilov & Hutter 2017, equation 5), constant within an epoch.
 */
export function cosineRestarts(
  epoch: number,
  { max, min, period, factor }: CosineRestarts,
): number {
  let current = epoch;
  let length = period;
  while (current >= length) {
    current -= length;
    length *= factor;
  }
  return min + 0.5 * (max - min) * (1 + Math.cos((Math.PI * current) / length));
}
