import { EnasTorchError, type ErrorCode } from './error.ts';

/** How a rejected value is shown in a message: short, typed, never the whole of a large thing. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 60 ? `"${value.slice(0, 57)}…"` : `"${value}"`;
  }
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return `an object of type ${value.constructor?.name ?? 'Object'}`;
}

/**
 * The one form of an argument error: `where: expected X, got Y; do Z`.
 *
 * @param where the function, option or key that was given the value, as the user knows it
 * @param remedy what to do about it, in the imperative
 */
export function unexpected(
  where: string,
  expected: string,
  got: unknown,
  remedy?: string,
  code: ErrorCode = 'ERR_ARGUMENT',
): EnasTorchError {
  const tail = remedy === undefined ? '' : `; ${remedy}`;
  return new EnasTorchError(code, `${where}: expected ${expected}, got ${describe(got)}${tail}`);
}

/** Throws {@link unexpected} unless `value` is an integer in [min, max]. */
export function checkInteger(
  where: string,
  value: unknown,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    const range =
      max === Number.MAX_SAFE_INTEGER
        ? min === Number.MIN_SAFE_INTEGER
          ? 'an integer'
          : `an integer of at least ${min}`
        : `an integer from ${min} to ${max}`;
    throw unexpected(where, range, value);
  }
  return value as number;
}

/** Throws {@link unexpected} unless `value` is a string with something in it. */
export function checkString(where: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw unexpected(where, 'a string that is not empty', value);
}

/** Throws {@link unexpected}, with the nearest candidate as the remedy, unless `value` is one of `candidates`. */
export function checkOneOf<T extends string>(
  where: string,
  value: unknown,
  candidates: readonly T[],
): T {
  if (candidates.includes(value as T)) return value as T;
  const near = typeof value === 'string' ? nearest(value, candidates) : undefined;
  throw unexpected(
    where,
    `one of ${candidates.join(', ')}`,
    value,
    near === undefined ? undefined : `did you mean ${near}?`,
  );
}

/** The candidate closest to a mistyped name by edit distance, if any is close enough to be meant. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance; the two rows are all the table that is needed. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
