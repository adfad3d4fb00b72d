import { readFileSync } from 'node:fs';

/** What the lines of a file of JSON values hold. */
export function lines(path: string): unknown[] {
  const text = readFileSync(path, 'utf8');
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
}
