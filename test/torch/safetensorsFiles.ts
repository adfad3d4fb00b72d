import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(directory, { recursive: true }));
export const file = (name: string) => join(directory, name);

/** A file made by hand: a header, or the text of one, and the data after it. */
export function handmade(
  header: unknown,
  data: Uint8Array = new Uint8Array(0),
  claimed?: bigint,
): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(text.length));
  writeFileSync(file('handmade'), Buffer.concat([length, text, data]));
  return file('handmade');
}

/** A file of these bytes and no more. */
export function short(bytes: string): string {
  writeFileSync(file('short'), bytes);
  return file('short');
}

/** The parts of a file, read without our code. */
export function parts(path: string) {
  const bytes = readFileSync(path);
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { header: bytes.subarray(8, end).toString(), data: bytes.subarray(end), end };
}
