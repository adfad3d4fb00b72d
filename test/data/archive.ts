import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import type { Archive } from '../../src/data/download.ts';

export interface Entry {
  readonly name: string;
  readonly contents?: string;
  readonly type?: Header['type'];
  readonly linkname?: string;
}

/** What the expected archive holds. */
export const goodEntries: readonly Entry[] = [
  { name: 'set/', type: 'directory' },
  { name: 'set/a.bin', contents: 'first file' },
  // Compresses badly, so that the archive is long enough to be cut.
  { name: 'set/b.bin', contents: Array.from({ length: 30_000 }, (_, i) => Math.sin(i)).join() },
];

/** A .tar.gz of these entries. */
export async function tarGz(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { contents = '', ...header } of entries) tar.entry(header, contents);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** The description of an archive that holds {@link goodEntries}, with the MD5 of these bytes. */
export function described(bytes: Buffer): Archive {
  return {
    url: 'http://127.0.0.1:9/archive.tar.gz',
    md5: createHash('md5').update(bytes).digest('hex'),
    folder: 'set',
    files: [{ name: 'a.bin', bytes: 10 }, { name: 'b.bin' }],
  };
}
