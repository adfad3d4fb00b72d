import { z } from 'zod';

/** The path of every key that an object schema knows, nested ones included; of a union, of all it may be. */
export function keyPaths(schema: unknown): string[][] {
  const paths = kindsOf(schema).flatMap(({ shape }) =>
    Object.entries(shape).flatMap(([key, value]) => [
      [key],
      ...keyPaths(value).map((path) => [key, ...path]),
    ]),
  );
  return [...new Map(paths.map((path) => [path.join('\0'), path])).values()];
}

/** The keys of the objects that the value at a path may be. */
export function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const keys = kindsOf(schemaAt(schema, path)).flatMap(({ shape }) => Object.keys(shape));
  return [...new Set(keys)];
}

/** The schema of the value at a path of keys and indices, or undefined where there is none. */
export function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  let inner = unwrapped(schema);
  for (const key of path) {
    if (typeof key === 'number') {
      inner = unwrapped(itemOf(inner, key));
      continue;
    }
    const kind = kindsOf(inner).find(({ shape }) => (key as string) in shape);
    if (kind === undefined) return undefined;
    inner = unwrapped(kind.shape[key as string]);
  }
  return inner;
}

function itemOf(schema: unknown, index: number): unknown {
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodTuple ? schema.def.items[index] : undefined;
}

/** The object schemas that a schema is, or is one of. */
function kindsOf(schema: unknown): readonly z.ZodObject[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) return [inner];
  if (inner instanceof z.ZodUnion) return inner.options.flatMap(kindsOf);
  return [];
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
