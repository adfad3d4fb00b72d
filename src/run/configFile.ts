import { readFileSync } from 'node:fs';
import { unexpected } from '../errors/check.ts';
import { EnasTorchError, type ErrorCode } from '../errors/error.ts';
import { isJsonObject, type JsonObject } from './overlay.ts';

/**
 * The object in a JSON file.
 *
 * @param code of the error thrown when the file cannot be read or holds no JSON object
 */
export function readJsonFile(path: string, code: ErrorCode = 'ERR_ARGUMENT'): JsonObject {
  const value = parseJson(readText(path, code), path, code);
  if (!isJsonObject(value)) throw unexpected(path, 'a JSON object', value, undefined, code);
  return value;
}

/**
 * The text of a file.
 *
 * @param code of the error thrown when it cannot be read
 */
export function readText(path: string, code: ErrorCode = 'ERR_ARGUMENT'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new EnasTorchError(code, `${path}: expected a readable file; ${reason}`, {
      cause: error,
    });
  }
}

/** Parses JSON; an error says where the first mistake is. */
export function parseJson(text: string, source: string, code: ErrorCode = 'ERR_ARGUMENT'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EnasTorchError(code, `${source}: expected JSON; ${(error as Error).message}`, {
      cause: error,
    });
  }
}
