import type { NestedNumbers } from './types.ts';

/** Above this many elements only the edges of each dimension are shown, as PyTorch does. */
const summariseAbove = 1000;
const edge = 3;

function formatNumber(value: number | boolean): string {
  if (typeof value === 'boolean' || Number.isInteger(value)) return String(value);
  return Number.isFinite(value) ? Number(value.toPrecision(5)).toString() : String(value);
}

function format(values: NestedNumbers, summarise: boolean, indent: string): string {
  if (!Array.isArray(values)) return formatNumber(values as number | boolean);
  const cut = summarise && values.length > 2 * edge;
  const shown = cut ? [...values.slice(0, edge), '…', ...values.slice(-edge)] : values;
  const parts = shown.map((value) =>
    value === '…' ? value : format(value as NestedNumbers, summarise, `${indent} `),
  );
  const rows = Array.isArray(values[0]);
  return `[${parts.join(rows ? `,\n${indent} ` : ', ')}]`;
}

export function formatTensor(
  values: NestedNumbers,
  shape: readonly number[],
  dtype: string,
  device: string,
): string {
  const count = shape.reduce((product, size) => product * size, 1);
  const where = device === 'cpu' ? '' : `, device=${device}`;
  const body = format(values, count > summariseAbove, '       ');
  return `tensor(${body}, shape=[${shape.join(', ')}], dtype=${dtype}${where})`;
}
