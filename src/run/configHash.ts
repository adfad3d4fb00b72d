import { createHash } from 'node:crypto';
import type { ResolvedConfig } from './config.ts';
import { isJsonObject } from './overlay.ts';

/**
 * SHA-256 of what a run depends on: two configurations with one hash give one and the same run.
 * The package's version is left out, so that a run can go on after an update.
 */
export function configHash(config: ResolvedConfig): string {
  const { package: _, ...rest } = config;
  return hashOf(rest);
}

/** SHA-256 of a value as JSON, whatever the order of its keys. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** JSON with the keys of every object in order, so that equal values are equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isJsonObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
