import type { z } from 'zod';
import { nearest, unexpected } from '../check.ts';
import { EnasTorchError, type ErrorCode } from '../error.ts';
import { expectation } from './expectation.ts';
import { keyPaths, keysAt, schemaAt } from './paths.ts';

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

/** Places in a value that has a name: `macro architecture.layers[1].op`. */
export const within =
  (name: string): PlaceName =>
  (path) =>
    name + (typeof path[0] === 'string' ? '.' : '') + pathText(path);

/** Places in a file: `runs/a/best.json: space.name`. */
export const inFile =
  (file: string): PlaceName =>
  (path) =>
    `${file}: ${pathText(path)}`;

/**
 * `value` as `schema` reads it.
 *
 * @throws EnasTorchError with a line for each thing that is wrong: its place, what was expected and what
 *   came; for an unknown key the key that was meant, or those there are
 */
export function read<T>(
  schema: z.ZodType<T>,
  value: unknown,
  place: PlaceName,
  code: ErrorCode = 'ERR_ARGUMENT',
): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) => issueLines(issue, schema, place));
  throw new EnasTorchError(code, [...new Set(lines)].join('\n'));
}

function issueLines(issue: Issue, schema: z.ZodType, place: PlaceName): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...issue.path, key], schema, place));
  }
  const where = place(issue.path);
  const expected = expectation(issue, schemaAt(schema, issue.path));
  // A schema's own message may say all of it.
  if (expected.startsWith('expected ')) return [`${where}: ${expected}`];
  const got = issue.input;
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
  const beside = keysAt(schema, parent);
  // `epochs` at the top is meant as `search.epochs`: the same name elsewhere beats a similar one here.
  const elsewhere = keyPaths(schema).find((known) => known.at(-1) === key);
  const near = nearest(key, beside);
  const meant =
    elsewhere?.join('.') ?? (near === undefined ? undefined : pathText([...parent, near]));
  const hint =
    meant !== undefined ? `did you mean ${meant}?` : `the keys here are ${beside.join(', ')}`;
  return `${place(path)}: unknown key; ${hint}`;
}
