import { unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';

/** A cosine schedule with warm restarts. */
export interface CosineRestarts {
  readonly max: number;
  readonly min: number;
  /** Epochs of the first period, T0. */
  readonly period: number;
  /** Each period is this many times as long as the one before, Tmul. */
  readonly factor: number;
}

const keys = ['max', 'min', 'period', 'factor'] as const;

function check(name: string, value: number, least: number): void {
  if (Number.isFinite(value) && value >= least) return;
  const expected = least > 0 && least < 1 ? 'a positive number' : `a number of at least ${least}`;
  throw unexpected(`cosineRestarts: ${name}`, expected, value);
}

/**
 * The learning rate of an epoch, from 0: min + ½(max − min)(1 + cos(π·Tcur/Ti))
 * (Loshchilov & Hutter 2017, equation 5), constant within an epoch.
 */
export function cosineRestarts(epoch: number, schedule: CosineRestarts): number {
  const { max, min, period, factor } = known('cosineRestarts', schedule, keys);
  check('epoch', epoch, 0);
  check('period', period, Number.MIN_VALUE);
  check('factor', factor, 1);
  let current = epoch;
  let length = period;
  while (current >= length) {
    current -= length;
    length *= factor;
  }
  return min + 0.5 * (max - min) * (1 + Math.cos((Math.PI * current) / length));
}
