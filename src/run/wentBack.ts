import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inFile, read } from '../errors/schema/read.ts';
import { writeFileAtomic } from '../files/atomicFile.ts';
import { readJsonFile } from './configFile.ts';
import { runFiles } from './runPath.ts';
import { writing } from './writing.ts';

const schema = z.strictObject({
  version: z.literal(1),
  /** What the checkpoint was written under; null = the run's beginning. */
  checkpoint: z.int().nonnegative().nullable(),
});

/**
 * Writes down the checkpoint that a run goes back to: a later one may still lie there, to which the
 * run's lines no longer lead. Whoever writes has the run open.
 *
 * @param checkpoint what it was written under; null for the run's beginning
 * @throws EnasTorchError ERR_WRITE where the disk is full or there is no permission
 */
export function writeWentBack(run: string, checkpoint: number | null): void {
  const file = join(run, runFiles.wentBack);
  writing(file, () => writeFileAtomic(file, `${JSON.stringify({ version: 1, checkpoint })}\n`));
}

/**
 * The checkpoint that a run went back to, where it has written none since; else undefined.
 * @throws EnasTorchError ERR_RUN when the file is damaged
 */
export function readWentBack(run: string): number | null | undefined {
  const file = join(run, runFiles.wentBack);
  if (!existsSync(file)) return undefined;
  return read(schema, readJsonFile(file, 'ERR_RUN'), inFile(file), 'ERR_RUN').checkpoint;
}

/**
 * Says that the newest checkpoint is one to go on from again.
 * @throws EnasTorchError ERR_WRITE where there is no permission
 */
export function clearWentBack(run: string): void {
  const file = join(run, runFiles.wentBack);
  writing(file, () => rmSync(file, { force: true }));
}
