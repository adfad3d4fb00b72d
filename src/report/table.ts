/** Rows of cells as lines of text in columns two spaces apart, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, [...cell].length);
    });
  }
  return rows.map((row) => {
    const cells = row.map((cell, i) => cell + ' '.repeat(widths[i]! - [...cell].length));
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}

/** A {@link table} whose columns but the first are at the right edge. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => [...row[column]!].length));
  return table(rows.map((row) => row.map((cell, i) => (i === 0 ? cell : cell.padStart(width(i))))));
}
