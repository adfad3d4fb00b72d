import type { NestedNumbers } from './types.ts';

/** Above this many elements only the edges of each dimension are shown, as PyTorch does. */
const summariseAbove = 1000;
const edge = 3;

/** The indices shown along each dimension of such a tensor; null where it is all of them. */
export function shownIndices(shape: readonly number[]): (readonly number[] | null)[] {
  const count = shape.reduce((product, size) => product * size, 1);
  return shape.map((size) =>
    count > summariseAbove && size > 2 * edge ? [0, 1, 2, size - 3, size - 2, size - 1] : null,
  );
}

function formatNumber(value: number | boolean): string {
  if (typeof value === 'boolean' || Number.isInteger(value)) return String(value);
  return Number.isFinite(value) ? Number(value.toPrecision(5)).toString() : String(value);
}

function format(values: NestedNumbers, cut: readonly boolean[], indent: string): string {
  if (!Array.isArray(values)) return formatNumber(values as number | boolean);
  const parts = values.map((value) => format(value as NestedNumbers, cut.slice(1), `${indent} `));
  if (cut[0]) parts.splice(edge, 0, '…');
  const rows = Array.isArray(values[0]);
  return `[${parts.join(rows ? `,\n${indent} ` : ', ')}]`;
}

/** @param values the elements at {@link shownIndices} */
export function formatTensor(
  values: NestedNumbers,
  shape: readonly number[],
  dtype: string,
  device: string,
): string {
  const where = device === 'cpu' ? '' : `, device=${device}`;
  const cut = shownIndices(shape).map((indices) => indices !== null);
  const body = format(values, cut, '       ');
  return `tensor(${body}, shape=[${shape.join(', ')}], dtype=${dtype}${where})`;
}
