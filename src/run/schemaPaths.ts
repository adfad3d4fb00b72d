import { z } from 'zod';

/** The path of every key that an object schema knows, nested ones included. */
export function keyPaths(schema: unknown): string[][] {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([key, value]) => [
    [key],
    ...keyPaths(value).map((path) => [key, ...path]),
  ]);
}

/** The schema of the value at a path of keys, or undefined where objects end. */
export function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  let inner = unwrapped(schema);
  for (const key of path) {
    if (!(inner instanceof z.ZodObject)) return undefined;
    inner = unwrapped(inner.shape[key as string]);
  }
  return inner;
}

/** A schema without what only says that there is a default, or that there may be nothing. */
function unwrapped(schema: unknown): unknown {
  let inner = schema;
  while (
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable
  ) {
    inner = inner.unwrap();
  }
  return inner;
}
