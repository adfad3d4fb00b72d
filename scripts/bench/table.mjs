/** Rows of text as a table: the first column to the left, the others to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three significant digits, and no fewer than are before the point. */
export function shown(number) {
  if (!Number.isFinite(number)) return '–';
  if (Math.abs(number) >= 100) return number.toFixed(0);
  return number.toPrecision(3);
}
