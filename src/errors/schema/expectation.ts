import { z } from 'zod';

type Issue = z.core.$ZodIssue;

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
  tuple: 'an array',
};

/**
 * What a schema wanted where it found something else, in the words of `errors/check.ts`.
 *
 * @param schema of the value the issue is about
 */
export function expectation(issue: Issue, schema: unknown): string {
  if (schema instanceof z.ZodNumber) return numberExpectation(schema);
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1
        ? String(issue.values[0])
        : `one of ${issue.values.map(String).join(', ')}`;
    default:
      return issue.message;
  }
}

/** Everything a number has to be, not only what it is not: `an integer of at least 1`. */
function numberExpectation(schema: z.ZodNumber): string {
  // In JSON Schema's current draft exclusive bounds are numbers; zod's type allows an older draft too.
  const { type, ...bounds } = z.toJSONSchema(schema) as z.core.JSONSchema.JSONSchema & {
    exclusiveMinimum?: number;
    exclusiveMaximum?: number;
  };
  const integer = type === 'integer';
  // An integer above 0 is called one of at least 1; the bounds of safe integers are not worth saying.
  const above = bounds.exclusiveMinimum;
  const min = above !== undefined && integer ? above + 1 : bounds.minimum;
  const below = bounds.exclusiveMaximum;
  const max = below !== undefined && integer ? below - 1 : bounds.maximum;
  const hasMin = min !== undefined && min > Number.MIN_SAFE_INTEGER;
  const hasMax = max !== undefined && max < Number.MAX_SAFE_INTEGER;
  const parts = [
    hasMin && hasMax ? `from ${min} to ${max}` : hasMin ? `of at least ${min}` : '',
    !integer && above !== undefined ? `above ${above}` : '',
    hasMax && !hasMin ? `of at most ${max}` : '',
    !integer && below !== undefined ? `below ${below}` : '',
    bounds.multipleOf !== undefined ? `divisible by ${bounds.multipleOf}` : '',
  ].filter((part) => part !== '');
  return `${integer ? 'an integer' : 'a finite number'} ${parts.join(' and ')}`.trimEnd();
}
