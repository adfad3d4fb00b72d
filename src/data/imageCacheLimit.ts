import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { unexpected } from '../errors/check.ts';

const variable = 'ENAS_TORCH_IMAGE_CACHE_GB';
const standardGigabytes = 5;

/** What was being written for so long is of a process that is no more. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Bytes that the cache of decoded images may hold: `ENAS_TORCH_IMAGE_CACHE_GB` (10⁹ bytes each), 5 by
 * default.
 *
 * @throws EnasTorchError ERR_ARGUMENT when that is not a number of at least 0
 */
export function cacheLimit(): number {
  const said = process.env[variable] || String(standardGigabytes);
  const gigabytes = said.trim() === '' ? Number.NaN : Number(said);
  if (!Number.isFinite(gigabytes) || gigabytes < 0) {
    throw unexpected(variable, 'a number of gigabytes, at least 0', said);
  }
  return gigabytes * 1e9;
}

/** Notes that an entry was used just now: its description's time of modification says when. */
export async function touch(base: string): Promise<void> {
  const now = new Date();
  await leniently(() => utimes(`${base}.json`, now, now));
}

/** An entry of the cache: files of one name, the pixels and what describes them. */
interface Entry {
  readonly files: readonly string[];
  readonly bytes: number;
  readonly usedMs: number;
}

/**
 * Removes the entries that were used longest ago until the others are within a limit, and what killed
 * processes left half written. A process that reads an entry keeps what it has opened, and one that
 * comes too late decodes the images again.
 *
 * @param limit in bytes
 * @param kept name of an entry that stays, however large it is
 */
export async function keepWithin(folder: string, limit: number, kept: string): Promise<void> {
  const entries = await entriesOf(folder);
  let total = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const longestAgoFirst = [...entries].sort(([, a], [, b]) => a.usedMs - b.usedMs);
  for (const [name, { files, bytes }] of longestAgoFirst) {
    if (total <= limit) return;
    if (name === kept) continue;
    await leniently(async () => {
      // The description first: one that is there speaks of pixels that are there.
      for (const file of [...files].sort().reverse()) await rm(join(folder, file), { force: true });
      total -= bytes;
    });
  }
}

/** The entries by name; what has been abandoned is removed on the way. */
async function entriesOf(folder: string): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  for (const file of await readdir(folder)) {
    await leniently(async () => {
      const { size, mtimeMs } = await stat(join(folder, file));
      const name = /^([0-9a-f]{32})\.(bin|json)$/.exec(file)?.[1];
      if (name === undefined) {
        const abandoned = file.includes('.tmp-') && Date.now() - mtimeMs > abandonedAfterMs;
        if (abandoned) await rm(join(folder, file), { force: true });
        return;
      }
      const { files = [], bytes = 0, usedMs = 0 } = entries.get(name) ?? {};
      entries.set(name, {
        files: [...files, file],
        bytes: bytes + size,
        usedMs: Math.max(usedMs, mtimeMs),
      });
    });
  }
  return entries;
}

/**
 * Another process may have removed a file, or it may be another user's: cleaning up is no reason for
 * a run to fail.
 */
async function leniently(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
