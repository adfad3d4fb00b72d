import type { ZodType } from 'zod';
import { EnasTorchError } from '../errors/error.ts';
import { read, within } from '../errors/schema/read.ts';
import type { Format } from './space.ts';

/** The project's own format: an architecture's JSON value, as it stands in files and events. */
export function jsonFormat<Arch>(space: string, schema: ZodType<Arch>): Format<Arch> {
  return {
    name: 'json',
    description: "the project's own JSON",
    parse: (text) =>
      read(schema, parseJson(space, text), within(`${space} architecture`), 'ERR_ARCHITECTURE'),
    print: (arch) => `${pretty(arch, '')}\n`,
  };
}

/** @throws EnasTorchError ERR_ARCHITECTURE for text that is not JSON */
export function parseJson(space: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new EnasTorchError(
      'ERR_ARCHITECTURE',
      `${space} architecture: expected JSON, got text that is not: ${reason}`,
      { cause },
    );
  }
}

/** JSON with what fits on a line on one line, so that a layer or a cell's node is a line. */
function pretty(value: unknown, indent: string): string {
  const whole = JSON.stringify(value);
  if (indent.length + whole.length <= 100 || typeof value !== 'object' || value === null) {
    return whole;
  }
  const deeper = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const items = Array.isArray(value)
    ? value.map((item) => deeper + pretty(item, deeper))
    : Object.entries(value).map(
        ([key, item]) => `${deeper}${JSON.stringify(key)}: ${pretty(item, deeper)}`,
      );
  return `${open}\n${items.join(',\n')}\n${indent}${close}`;
}
