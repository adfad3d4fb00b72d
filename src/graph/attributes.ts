import { checkInteger, checkOneOf, unexpected } from '../errors/check.ts';
import type { Shape } from './shape.ts';

/** Returns an attribute's value checked, or throws ERR_ARGUMENT with `where` and what was expected. */
export type AttributeCheck<T> = (where: string, value: unknown) => T;

export const integer =
  (min: number): AttributeCheck<number> =>
  (where, value) =>
    checkInteger(where, value, min);

export const oneOf =
  <T extends string>(candidates: readonly T[]): AttributeCheck<T> =>
  (where, value) =>
    checkOneOf(where, value, candidates);

export const fraction: AttributeCheck<number> = (where, value) => {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  throw unexpected(where, 'a number from 0 to below 1', value);
};

export const positive: AttributeCheck<number> = (where, value) => {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw unexpected(where, 'a positive number', value);
};

export const truth: AttributeCheck<boolean> = (where, value) => {
  if (typeof value === 'boolean') return value;
  throw unexpected(where, 'true or false', value);
};

export const sizes: AttributeCheck<Shape> = (where, value) => {
  if (!Array.isArray(value)) throw unexpected(where, 'an array of sizes', value);
  return value.map((size, axis) => checkInteger(`${where}[${axis}]`, size, 1));
};
