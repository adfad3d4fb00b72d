import type * as fs from 'node:fs';

/** Bytes that can still be written by functions of node:fs, and what is said of the next; a test sets them. */
export const disk = { left: Number.POSITIVE_INFINITY, code: 'ENOSPC' };

const full = (syscall: string) =>
  Object.assign(new Error(`${disk.code}: the disk refuses, ${syscall}`), {
    code: disk.code,
    syscall,
  });

/** node:fs on a disk of which {@link disk} says how much is left: what fits is written, then it is full. */
export function smallDisk(whole: typeof fs): typeof fs {
  return {
    ...whole,
    writeSync: ((file: number, data: Uint8Array, from?: number | null) => {
      const offset = from ?? 0;
      const bytes = data.subarray(offset, offset + disk.left);
      if (bytes.length === 0 && data.length > offset) throw full('write');
      disk.left -= bytes.length;
      return whole.writeSync(file, bytes);
    }) as typeof fs.writeSync,
    writeFileSync: ((path: string, data: string | Uint8Array, options?: fs.WriteFileOptions) => {
      const bytes = Buffer.from(data as string);
      const fits = bytes.subarray(0, disk.left);
      disk.left -= fits.length;
      whole.writeFileSync(path, fits, options);
      if (fits.length < bytes.length) throw full('write');
    }) as typeof fs.writeFileSync,
    mkdirSync: ((path: string, options: fs.MakeDirectoryOptions) => {
      if (disk.left === 0) throw full('mkdir');
      return whole.mkdirSync(path, options);
    }) as typeof fs.mkdirSync,
  };
}
