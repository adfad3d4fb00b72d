import type { ZodType, z } from 'zod';
import { describe, nearest } from '../errors/check.ts';
import { EnasTorchError, type ErrorCode } from '../errors/error.ts';

type Issue = z.core.$ZodIssue;

/**
 * `value` as `schema` reads it.
 *
 * @param where what the value is, for messages: `macro architecture`
 * @throws EnasTorchError one line: where in the value, what was expected, what came, the nearest name
 */
export function read<T>(schema: ZodType<T>, value: unknown, where: string, code: ErrorCode): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  throw new EnasTorchError(code, `${where}${path.join('')}: ${complaint(issue)}`);
}

function complaint(issue: Issue): string {
  const got = issue.input === undefined ? 'nothing' : describe(issue.input);
  if (issue.code === 'unrecognized_keys') return `unknown key ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_type') return `expected ${issue.expected}, got ${got}`;
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const near = typeof issue.input === 'string' ? nearest(issue.input, values) : undefined;
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    const expected = values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
    return `expected ${expected}, got ${got}${hint}`;
  }
  return issue.message;
}
