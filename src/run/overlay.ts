/** A JSON object: what a configuration is before it has been checked. */
export type JsonObject = { [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `over` laid on `base`: objects are merged key by key, everything else (arrays too) is replaced,
 * also an object whose `schedule` is another one than below: its other keys are other keys. A key that is `undefined` in `over` leaves the base's value. Neither argument is changed.
 */
export function overlay(base: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged.get(key);
    const merges = isJsonObject(below) && isJsonObject(value) && !isOtherKind(below, value);
    merged.set(key, merges ? overlay(below, value) : value);
  }
  // fromEntries defines keys rather than assigning them: a file's "__proto__" stays an ordinary key.
  return Object.fromEntries(merged);
}

function isOtherKind(below: JsonObject, value: JsonObject): boolean {
  return value.schedule !== undefined && value.schedule !== below.schedule;
}

/** The value at a path of keys, or undefined where the path ends early. */
export function valueAt(object: unknown, path: readonly PropertyKey[]): unknown {
  let value = object;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** An object with one value at a path of keys. */
export function objectWith(path: readonly string[], value: unknown): JsonObject {
  return path.reduceRight<unknown>(
    (inner, key) => Object.fromEntries([[key, inner]]),
    value,
  ) as JsonObject;
}
