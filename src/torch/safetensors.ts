import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { known } from '../errors/known.ts';
import { writeError } from '../files/writeError.ts';
import { native } from './addon.ts';
import { Tensor } from './tensor.ts';
import type { Device, DType } from './types.ts';

// The safetensors format: 8 bytes of little-endian header length, a JSON header of
// name → {dtype, shape, data_offsets}, then the data. Nothing in such a file can run.

const names = {
  float32: 'F32',
  float64: 'F64',
  bfloat16: 'BF16',
  int64: 'I64',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<DType, string>;

const kinds = new Map<unknown, { readonly dtype: DType; readonly bytes: number }>([
  ['F32', { dtype: 'float32', bytes: 4 }],
  ['F64', { dtype: 'float64', bytes: 8 }],
  ['BF16', { dtype: 'bfloat16', bytes: 2 }],
  ['I64', { dtype: 'int64', bytes: 8 }],
  ['U8', { dtype: 'uint8', bytes: 1 }],
  ['BOOL', { dtype: 'bool', bytes: 1 }],
]);

/** Refused above this, whatever the file says of itself; a real header is a few hundred bytes a tensor. */
const maxHeaderBytes = 100 * 1024 * 1024;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Writes tensors to a file, in contiguous form, and waits until they are on the disk. Not atomic:
 * write to a temporary name and rename where that matters.
 *
 * @param metadata free text pairs, kept in the header
 * @throws EnasTorchError ERR_WRITE where the disk is full or there is no permission
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const named = Object.entries(tensors).map(([name, tensor]) => describeTensor(name, tensor));
  // The widest elements first, so that every tensor begins at a multiple of its element's width.
  named.sort((a, b) => b.width - a.width);
  let offset = 0;
  const entries = named.map(({ name, tensor, dtype, width }): [string, unknown] => {
    const end = offset + tensor.numel() * width;
    const entry = { dtype, shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
    return [name, entry];
  });
  if (Object.keys(metadata).length > 0) entries.unshift(['__metadata__', metadata]);
  const header = Object.fromEntries(entries);
  const text = JSON.stringify(header);
  // Padded with spaces so that the data begins at a multiple of 8.
  const padded = text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(padded)));
  try {
    const file = openSync(path, 'w');
    try {
      writeAll(file, length);
      writeAll(file, Buffer.from(padded));
      for (const { tensor } of named) {
        writeAll(file, new Uint8Array(native.toBytes(tensor.handle)));
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw writeError(path, error);
  }
}

function describeTensor(name: string, tensor: Tensor) {
  const where = `saveSafetensors: tensor "${name}"`;
  if (name === '__metadata__') throw unexpected(where, 'another name', name);
  if (!(tensor instanceof Tensor)) throw unexpected(where, 'a Tensor', tensor);
  const dtype = names[tensor.dtype];
  if (dtype === undefined) throw unexpected(where, 'a dtype of this package', tensor.dtype);
  return { name, tensor, dtype, width: kinds.get(dtype)!.bytes };
}

function writeAll(file: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done);
}

/**
 * Reads the tensors of a file. Every size and offset is checked against the file before anything
 * is allocated.
 *
 * @throws EnasTorchError ERR_RUN when the file is not whole or not safetensors
 */
export function loadSafetensors(
  path: string,
  options: { readonly device?: Device } = {},
): { tensors: Record<string, Tensor>; metadata: Record<string, string> } {
  const { device = 'cpu' } = known('loadSafetensors', options, ['device']);
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const header = readHeader(path, file, size);
    const { __metadata__: metadata = {}, ...entries } = header.json;
    checkMetadata(path, metadata);
    const dataBytes = size - header.end;
    const checked = Object.entries(entries).map(([name, entry]) =>
      checkEntry(path, name, entry as Entry, dataBytes),
    );
    checkCover(path, checked, dataBytes);
    const tensors = checked.map(({ name, dtype, shape, start, end }): [string, Tensor] => {
      const bytes = new Uint8Array(end - start);
      readAll(path, file, bytes, header.end + start);
      return [name, new Tensor(native.fromTypedArray(bytes, shape, dtype, device))];
    });
    return { tensors: Object.fromEntries(tensors), metadata };
  } finally {
    closeSync(file);
  }
}

const damaged = (path: string, what: string) =>
  new EnasTorchError('ERR_RUN', `${path}: expected a whole safetensors file, ${what}`);

function readHeader(path: string, file: number, size: number) {
  if (size < 8) throw damaged(path, `got ${size} bytes`);
  const prefix = new Uint8Array(8);
  readAll(path, file, prefix, 0);
  const length = Number(Buffer.from(prefix).readBigUInt64LE());
  if (length > maxHeaderBytes || length > size - 8) {
    throw damaged(path, `its header claims ${length} bytes of the file's ${size}`);
  }
  const bytes = new Uint8Array(length);
  readAll(path, file, bytes, 8);
  try {
    const json = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (json === null || typeof json !== 'object' || Array.isArray(json)) throw new Error();
    return { json: json as Record<string, unknown>, end: 8 + length };
  } catch {
    throw damaged(path, 'its header is not a JSON object');
  }
}

function checkEntry(path: string, name: string, entry: Entry, dataBytes: number) {
  const kind = kinds.get(entry?.dtype);
  if (kind === undefined) throw damaged(path, `tensor "${name}" has dtype ${entry?.dtype}`);
  const { shape, data_offsets: offsets } = entry;
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw damaged(path, `tensor "${name}" has no valid shape`);
  }
  const [start, end] = Array.isArray(offsets) ? offsets : [];
  if (!isSize(start) || !isSize(end) || end! > dataBytes || start! > end!) {
    throw damaged(path, `tensor "${name}" lies outside its ${dataBytes} bytes of data`);
  }
  const length = shape.reduce((product, n) => product * n, kind.bytes);
  if (length !== end! - start!) {
    throw damaged(
      path,
      `tensor "${name}" of shape [${shape}] takes ${length} bytes, not ${end! - start!}`,
    );
  }
  return { name, dtype: kind.dtype, shape, start: start!, end: end! };
}

/** The tensors must be all of the data, each byte once: nothing can hide in such a file. */
function checkCover(
  path: string,
  entries: readonly { readonly name: string; readonly start: number; readonly end: number }[],
  dataBytes: number,
): void {
  let covered = 0;
  let last = '';
  for (const { name, start, end } of entries.toSorted(
    (a, b) => a.start - b.start || a.end - b.end,
  )) {
    if (start < covered) throw damaged(path, `tensor "${name}" overlaps tensor "${last}"`);
    if (start > covered) throw hole(path, covered, start);
    [covered, last] = [end, name];
  }
  if (covered < dataBytes) throw hole(path, covered, dataBytes);
}

const hole = (path: string, start: number, end: number) =>
  damaged(path, `bytes ${start} to ${end} of its data belong to no tensor`);

function checkMetadata(
  path: string,
  metadata: unknown,
): asserts metadata is Record<string, string> {
  const isObject = metadata !== null && typeof metadata === 'object' && !Array.isArray(metadata);
  if (!isObject || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw damaged(path, 'its metadata is not text');
  }
}

function readAll(path: string, file: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const got = readSync(file, bytes, done, bytes.length - done, position + done);
    if (got === 0) throw damaged(path, 'it ends too early');
    done += got;
  }
}
