import type { z } from 'zod';
import { nearest, unexpected } from '../errors/check.ts';
import { EnasTorchError, type ErrorCode } from '../errors/error.ts';
import { expectation } from './expectation.ts';
import { valueAt } from './overlay.ts';
import { keyPaths, schemaAt } from './schemaPaths.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** How the place of an issue is called in its message: `config.json: search.epochs`, `--epochs`. */
export type PlaceName = (path: Path) => string;

/** A path as people write it: `search.omega.batch`, `layers[2].op`. */
export function pathText(path: Path): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

/**
 * What a schema found wrong, as one error with one line for each finding:
 * `place: expected X, got Y`, and for an unknown key the nearest key there is.
 *
 * @param value the value that was parsed
 */
export function issuesError(
  issues: readonly Issue[],
  schema: z.ZodType,
  value: unknown,
  place: PlaceName,
  code: ErrorCode = 'ERR_ARGUMENT',
): EnasTorchError {
  const lines = issues.flatMap((issue) => issueLines(issue, schema, value, place));
  return new EnasTorchError(code, lines.join('\n'));
}

function issueLines(issue: Issue, schema: z.ZodType, value: unknown, place: PlaceName): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...issue.path, key], schema, place));
  }
  const where = place(issue.path);
  const expected = expectation(issue, schemaAt(schema, issue.path));
  const got = valueAt(value, issue.path);
  if (got === undefined) return [`${where}: expected ${expected}, got nothing`];
  const near =
    issue.code === 'invalid_value' && typeof got === 'string'
      ? nearest(got, issue.values.map(String))
      : undefined;
  const remedy = near === undefined ? undefined : `did you mean ${near}?`;
  return [unexpected(where, expected, got, remedy).message];
}

function unknownKey(path: Path, schema: z.ZodType, place: PlaceName): string {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const paths = keyPaths(schema);
  const beside = paths.filter(
    (known) => known.length === path.length && parent.every((part, i) => part === known[i]),
  );
  // `epochs` at the top is meant as `search.epochs`: the same name elsewhere beats a similar one here.
  const elsewhere = paths.find((known) => known.at(-1) === key);
  const near = nearest(
    key,
    beside.map((known) => known.at(-1)!),
  );
  const meant =
    elsewhere?.join('.') ?? (near === undefined ? undefined : pathText([...parent, near]));
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : `the keys here are ${beside.map((known) => known.at(-1)).join(', ')}`;
  return `${place(path)}: unknown key; ${hint}`;
}
